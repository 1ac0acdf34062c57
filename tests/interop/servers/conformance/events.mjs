// The events of one session, kept so that a client that lost its stream can go on where it was.

export class Events {
    #events = [];

    async storeEvent(streamId, message) {
        this.#events.push({ streamId, message });
        return String(this.#events.length);
    }

    async getStreamIdForEventId(eventId) {
        return this.#events[Number(eventId) - 1]?.streamId;
    }

    async replayEventsAfter(lastEventId, { send }) {
        const streamId = await this.getStreamIdForEventId(lastEventId);
        for (const [index, event] of this.#events.entries()) {
            // A priming event marks a position; only messages are worth repeating.
            const isMessage = Object.keys(event.message).length > 0;
            if (index >= Number(lastEventId) && event.streamId === streamId && isMessage) await send(String(index + 1), event.message);
        }
        return streamId;
    }
}
