package import Control
internal import JSONFlattening
package import Materializer

/// Lets commands look at the pipelines of a store and give them orders.
package struct TableDesk: PipelineDesk {
    private let materializer: Materializer

    /// A desk for pipelines that somebody runs.
    package init(_ materializer: Materializer) { self.materializer = materializer }

    /// As of the last thing that each pipeline did; waits for none of them.
    package func reports() -> [PipelineReport] {
        materializer.statistics().map(PipelineReport.init)
    }

    /// Refuses a mapping that cannot be read, a pipeline that is not there, and one that is busy.
    package func order(_ command: PipelineCommand) throws(Refusal) -> UInt64 {
        let mapping: Mapping?
        do throws(MappingError) {
            mapping = try command.mapping.map { bytes throws(MappingError) in
                try Mapping(parsing: bytes)
            }
        } catch { throw Refusal(.malformed, "the mapping: \(error)") }
        let task: PipelineOrder.Task =
            switch command.verb {
            case .rebuild: .resolve(.rebuild)
            case .goOn: .resolve(.continue)
            case .accept: .resolve(.accept)
            case .redrive: .redrive
            }
        let order = PipelineOrder(task, mapping: mapping, mayDiscard: command.mayDiscard)
        do throws(OrderRefusal) {
            return try materializer.order(order, forPipeline: command.pipeline)
        } catch {
            let reason: Refusal.Reason = error == .busy ? .busy : .unknownFeed
            throw Refusal(reason, error.description)
        }
    }
}

extension PipelineReport {
    fileprivate init(_ pipeline: PipelineStatistics) {
        let figures: [(String, Int64)] = [
            ("events", pipeline.counts.events), ("rows", pipeline.rowCount),
            ("quarantined", pipeline.counts.quarantined), ("rescued", pipeline.counts.rescued),
            ("missing", pipeline.counts.missing), ("flushes", pipeline.flushCount),
            ("commits", pipeline.commitCount),
            ("commitMilliseconds", pipeline.commitMilliseconds),
            ("compactions", pipeline.compactionCount), ("fileBytes", pipeline.fileByteCount),
            ("liveBytes", pipeline.liveByteCount), ("diskBytes", pipeline.diskByteCount),
        ]
        var progress: Progress?
        if case .working(let work) = pipeline.state {
            progress = Progress(done: work.done, all: work.all)
        }
        self.init(
            name: pipeline.name, stream: pipeline.stream, root: pipeline.root,
            state: pipeline.state.name, cause: pipeline.state.cause, text: "\(pipeline.state)",
            partitions: pipeline.partitions.map {
                Partition(
                    index: $0.index, position: $0.position, end: $0.end,
                    waitingSince: $0.waitingSince)
            }, figures: figures.map { .init(name: $0.0, value: $0.1) }, progress: progress,
            order: pipeline.order.map(Order.init), notices: pipeline.notices)
    }
}

extension PipelineReport.Order {
    fileprivate init(_ order: OrderStatus) {
        switch order.result {
        case nil: self.init(serial: order.serial, isDone: false, figures: [], failure: nil)
        case .failed(let interruption):
            self.init(
                serial: order.serial, isDone: true, figures: [], failure: "\(interruption)")
        case .done(let tally):
            let figures: [(String, Int64)] = [
                ("offsets", tally.offsets), ("rows", tally.rows),
                ("quarantined", tally.quarantined), ("missing", tally.missing),
                ("landed", tally.landed), ("left", tally.left),
            ]
            self.init(
                serial: order.serial, isDone: true,
                figures: figures.map { .init(name: $0.0, value: $0.1) }, failure: nil)
        }
    }
}
