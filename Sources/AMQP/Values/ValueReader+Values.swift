package import Bytes

extension ValueReader {
    /// One value of any type.
    package mutating func value(
        limits: DecodeLimits = DecodeLimits()
    ) throws(DecodeError) -> AMQPValue {
        var budget = Budget(limits)
        return try value(&budget)
    }

    /// How much more a value may contain.
    struct Budget {
        private var depthLeft: Int
        private var valuesLeft: Int

        init(_ limits: DecodeLimits) {
            depthLeft = limits.depthMax
            valuesLeft = limits.valueCountMax
        }

        mutating func takeValue(at position: Int) throws(DecodeError) {
            guard valuesLeft > 0 else { throw .badLength(position: position) }
            valuesLeft -= 1
        }

        mutating func enter(at position: Int) throws(DecodeError) {
            guard depthLeft > 0 else { throw .badLength(position: position) }
            depthLeft -= 1
        }

        mutating func leave() { depthLeft += 1 }
    }

    private mutating func value(_ budget: inout Budget) throws(DecodeError) -> AMQPValue {
        try value(of: try code(), &budget)
    }

    /// The value behind a code: that of an array's elements is given once for all.
    private mutating func value(
        of code: FormatCode, _ budget: inout Budget
    ) throws(DecodeError) -> AMQPValue {
        try budget.takeValue(at: position)
        switch code {
        case .described: return try described(&budget)
        case .list0: return .list([])
        case .list8, .list32: return .list(try elements(of: code, &budget))
        case .map8, .map32: return .map(try map(of: code, &budget))
        case .array8, .array32: return .array(try array(of: code, &budget))
        case .binary8, .string8, .symbol8: return try text(of: code, UInt8.self)
        case .binary32, .string32, .symbol32: return try text(of: code, UInt32.self)
        default: return try scalar(of: code)
        }
    }

    private mutating func described(_ budget: inout Budget) throws(DecodeError) -> AMQPValue {
        try budget.enter(at: position)
        let descriptor = try value(&budget)
        let content = try value(&budget)
        budget.leave()
        return .described(descriptor, content)
    }

    private mutating func text<Length: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        of code: FormatCode, _ length: Length.Type
    ) throws(DecodeError) -> AMQPValue {
        switch code {
        case .string8, .string32: .string(try text(length))
        case .symbol8, .symbol32: .symbol(try name(length))
        default: .binary([UInt8](copying: try span(length)))
        }
    }

    private mutating func elements(
        of code: FormatCode, _ budget: inout Budget
    ) throws(DecodeError) -> [AMQPValue] {
        try budget.enter(at: position)
        var fields = try compound(code)
        var elements: [AMQPValue] = []
        elements.reserveCapacity(min(fields.left, 64))
        while fields.left > 0 {
            elements.append(try fields.values.value(&budget))
            fields.left -= 1
        }
        try fields.end()
        budget.leave()
        return elements
    }

    private mutating func map(
        of code: FormatCode, _ budget: inout Budget
    ) throws(DecodeError) -> AMQPMap {
        let start = position
        let flat = try elements(of: code, &budget)
        guard flat.count.isMultiple(of: 2) else { throw .badLength(position: start) }
        return AMQPMap(
            stride(from: 0, to: flat.count, by: 2).map { AMQPMap.Pair(flat[$0], flat[$0 + 1]) })
    }

    private mutating func array(
        of code: FormatCode, _ budget: inout Budget
    ) throws(DecodeError) -> AMQPArray {
        let start = position
        try budget.enter(at: start)
        var fields = try compound(code)
        var elementCode = try fields.values.code()
        var descriptor: AMQPDescriptor?
        if elementCode == .described {
            descriptor = AMQPDescriptor(try fields.values.value(&budget))
            elementCode = try fields.values.code()
            // The standard has no element with two descriptors.
            guard elementCode != .described else { throw .badValue(position: start) }
        }
        var elements: [AMQPValue] = []
        while fields.left > 0 {
            elements.append(try fields.values.value(of: elementCode, &budget))
            fields.left -= 1
        }
        try fields.end()
        budget.leave()
        return AMQPArray(code: elementCode, descriptor: descriptor, elements: elements)
    }

    private mutating func scalar(of code: FormatCode) throws(DecodeError) -> AMQPValue {
        let start = position
        return switch code {
        case .yes: .boolean(true)
        case .no: .boolean(false)
        case .boolean: .boolean(try boolean(at: start))
        case .uint0: .uint(0)
        case .ulong0: .ulong(0)
        case .ubyte: .ubyte(try bytes.byte())
        case .byte: .byte(Int8(bitPattern: try bytes.byte()))
        case .smallUint: .uint(UInt32(try bytes.byte()))
        case .smallUlong: .ulong(UInt64(try bytes.byte()))
        case .smallInt: .int(Int32(Int8(bitPattern: try bytes.byte())))
        case .smallLong: .long(Int64(Int8(bitPattern: try bytes.byte())))
        default: try wideScalar(of: code)
        }
    }

    private mutating func wideScalar(of code: FormatCode) throws(DecodeError) -> AMQPValue {
        switch code {
        case .ushort: .ushort(try bytes.integer())
        case .short: .short(try bytes.integer())
        case .uint: .uint(try bytes.integer())
        case .int: .int(try bytes.integer())
        case .float: .float(Float(bitPattern: try bytes.integer()))
        case .char: .char(try bytes.integer())
        case .decimal32: .decimal32(try bytes.integer())
        case .ulong: .ulong(try bytes.integer())
        case .long: .long(try bytes.integer())
        case .double: .double(Double(bitPattern: try bytes.integer()))
        case .timestamp: .timestamp(try bytes.integer())
        case .decimal64: .decimal64(try bytes.integer())
        case .decimal128: .decimal128(try wide())
        case .uuid: .uuid(try wide())
        default: .null  // Of the codes that are no text and no compound only null is left.
        }
    }

    private mutating func wide() throws(DecodeError) -> UInt128 {
        let high: UInt64 = try bytes.integer()
        let low: UInt64 = try bytes.integer()
        return UInt128(high) << 64 | UInt128(low)
    }
}
