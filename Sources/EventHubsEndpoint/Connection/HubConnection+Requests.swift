internal import AMQP
internal import Access
internal import Bytes
internal import StreamLog

extension HubConnection {
    /// Answers a request on `$cbs` or `$management`.
    func requested(_ node: RequestNode, _ delivery: Delivery, _ message: RawSpan) {
        if !delivery.isSettled { engine.settle(delivery.id, .accepted) }
        engine.grant(credit: Self.requestCredit, on: delivery.link)
        guard let request = try? RequestMessage(message) else {
            return detach(
                delivery.link, AMQPError(.decodeError, "The request cannot be read."))
        }
        switch node {
        case .tokens: answer(putToken(request), request, node)
        case .management: manage(request)
        }
    }

    // MARK: Tokens

    private func putToken(_ request: RequestMessage) -> RequestAnswer {
        guard request.text("operation") == "put-token", let audience = request.text("name") else {
            return RequestAnswer(to: request, status: 400, "Only put-token is known here.")
        }
        guard case .value(let body) = request.body, let token = body.text else {
            return RequestAnswer(to: request, status: 400, "The token is not a string.")
        }
        switch request.text("type") {
        case "servicebus.windows.net:sastoken": break
        case "jwt":
            return RequestAnswer(
                to: request, status: 401,
                "Tokens of Microsoft Entra (jwt) are not supported by this gateway: use a "
                    + "connection string with a shared access key.")
        case let type:
            return RequestAnswer(
                to: request, status: 400, "Tokens of type '\(type ?? "nil")' are not known.")
        }
        do throws(AccessError) {
            let grant = try parts.access.grant(
                forToken: token, audience: audience, now: parts.seconds,
                skew: parts.configuration.clockSkew)
            return put(grant, for: ResourcePath(audience), request)
        } catch {
            return RequestAnswer(to: request, status: 401, traced("\(error)"))
        }
    }

    private func put(
        _ grant: Grant, for path: ResourcePath, _ request: RequestMessage
    ) -> RequestAnswer {
        guard grants[path] != nil || grants.count < Self.grantCountMax else {
            return RequestAnswer(to: request, status: 403, "There are too many tokens already.")
        }
        grants[path] = grant
        return RequestAnswer(to: request, status: 202, "Accepted")
    }

    private func traced(_ text: String) -> String {
        traced(AMQPError(.unauthorizedAccess, text)).description ?? text
    }

    // MARK: Management

    private func manage(_ request: RequestMessage) {
        guard let question = ManagementAnswer.Question(request) else {
            let refusal = RequestAnswer(
                to: request, status: 400, "Only READ of an event hub or a partition is known here.")
            return answer(refusal, request, .management)
        }
        guard mayRead(question.hub, request) else {
            let error = traced(Condition.unauthorized(.listen, question.hub))
            return answer(RequestAnswer(to: request, refusal: error), request, .management)
        }
        let later = later()
        parts.hubs.resolve(question.hub) { result in
            later { $0.answer(question, request, result) }
        }
    }

    /// Whoever may send or listen may know what there is to send to or to listen to.
    private func mayRead(_ hub: String, _ request: RequestMessage) -> Bool {
        let path = ResourcePath(hub)
        if mayDo(.listen, path) || mayDo(.send, path) { return true }
        guard let token = request.text("security_token"),
            let grant = try? parts.access.grant(
                forToken: token, audience: hub, now: parts.seconds,
                skew: parts.configuration.clockSkew)
        else { return false }
        let now = parts.seconds
        return grant.allows(.listen, on: path, now: now) || grant.allows(.send, on: path, now: now)
    }

    private func answer(
        _ question: ManagementAnswer.Question, _ request: RequestMessage,
        _ result: Result<StreamDefinition, AMQPError>
    ) {
        do throws(AMQPError) {
            let hub = try result.get()
            let body: AMQPValue
            switch question {
            case .hub(let name): body = ManagementAnswer.hub(hub, asked: name)
            case .partition(let name, let text):
                guard let id = parts.hubs.partition(text, of: hub) else {
                    throw Condition.entityNotFound("\(name)/partitions/\(text)")
                }
                do throws(ReadError) {
                    let facts = try PartitionFacts(of: id, in: parts.log)
                    body = ManagementAnswer.partition(id, of: hub, asked: name, facts)
                } catch {
                    throw Condition.of(error, hub: name)
                }
            }
            answer(RequestAnswer(to: request, status: 200, "OK", body: body), request, .management)
        } catch {
            answer(RequestAnswer(to: request, refusal: traced(error)), request, .management)
        }
    }

    // MARK: Answers

    /// Sends an answer over the link that the request names, or, if it names none, over the one
    /// that was attached last.
    private func answer(_ answer: RequestAnswer, _ request: RequestMessage, _ node: RequestNode) {
        var found: (LinkID, AnswerLink)?
        for (id, use) in links {
            guard case .answers(let link) = use, link.node == node else { continue }
            if let replyTo = request.replyTo, link.address == replyTo {
                found = (id, link)
                break
            }
            if link.order > found?.1.order ?? 0 { found = (id, link) }
        }
        guard let (id, link) = found else { return }
        guard link.waiting.count < AnswerLink.waitingCountMax else {
            return detach(
                id, AMQPError(.resourceLimitExceeded, "Too many answers wait for credit."))
        }
        link.waiting.append(answer)
        sendAnswers(link, on: id)
    }

    func sendAnswers(_ link: AnswerLink, on id: LinkID) {
        while let answer = link.waiting.first, engine.sendCapacity(of: id) > 0 {
            link.waiting.removeFirst()
            engine.send(on: id, isSettled: true) { writer in answer.write(to: &writer) }
        }
    }
}
