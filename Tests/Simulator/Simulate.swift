import Glibc

/// `tools/simulate` runs this, with the fault shim preloaded.
@main
struct Simulate {
    static func main() async {
        guard let options = Options(CommandLine.arguments.dropFirst()) else {
            print(Options.usage)
            exit(2)
        }
        guard let disk = SimulatedDisk(), environment("SWIFT_DETERMINISTIC_HASHING") != nil else {
            print("run tools/simulate: it preloads the fault shim and makes hashing repeatable")
            exit(2)
        }
        var hasFailed = false
        for run in 0..<options.runs {
            let isKept = await Self.run(options, seed: options.seed &+ UInt64(run), disk)
            hasFailed = hasFailed || !isKept
            fflush(nil)
        }
        exit(hasFailed ? 1 : 0)
    }

    private static func run(_ options: Options, seed: UInt64, _ disk: SimulatedDisk) async -> Bool {
        let simulation: Simulation
        do { simulation = try Simulation(options, seed: seed, on: disk) } catch {
            print("seed \(seed) could not begin: \(error)")
            return false
        }
        do {
            try await simulation.run()
            let digest = String(simulation.trace.digest, radix: 16)
            print(
                "seed \(seed) steps \(options.steps) digest \(digest) "
                    + "events \(simulation.model.eventCount)")
            return true
        } catch {
            let commit = environment("SIMULATE_COMMIT") ?? "unknown"
            for line in simulation.trace.lines { print("  \(line)") }
            if let violation = error as? Violation {
                print(
                    "seed \(seed) commit \(commit) FAILED \(violation.promise): "
                        + violation.detail)
            } else {
                print("seed \(seed) commit \(commit) FAILED: \(error)")
            }
            disk.heal()
            await simulation.close()
            return false
        }
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
