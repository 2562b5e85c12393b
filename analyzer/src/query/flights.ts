interface Flight<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Lets those who ask the same at the same time share one execution. It ends early when nobody waits for it any more. */
export class Flights<T> {
  private readonly flights = new Map<string, Flight<T>>();
  /** How often somebody joined instead of starting anew. */
  shared = 0;

  get size(): number {
    return this.flights.size;
  }

  join(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const flight = this.flights.get(key) ?? this.depart(key, start);
    this.shared += flight.waiting > 0 ? 1 : 0;
    flight.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        signal?.removeEventListener('abort', abort);
        flight.waiting--;
        if (flight.waiting === 0) {
          this.land(key, flight);
          flight.controller.abort();
        }
      };
      const abort = () => {
        leave();
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      flight.answer.then(resolve, reject).finally(() => {
        if (signal?.aborted !== true) {
          leave();
        }
      });
    });
  }

  private depart(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { answer: start(controller.signal), controller, waiting: 0 };
    this.flights.set(key, flight);
    // Whoever comes after the answer is known finds it in the cache, or starts anew after an error.
    flight.answer.then(
      () => this.land(key, flight),
      () => this.land(key, flight)
    );
    return flight;
  }

  private land(key: string, flight: Flight<T>): void {
    if (this.flights.get(key) === flight) {
      this.flights.delete(key);
    }
  }
}
