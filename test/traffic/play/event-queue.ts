/** Words of a pending packet: what is known when it is planned. The rest is filled in when it is written. */
export const PACKET_WORDS = 6;

/**
 * What is going to happen, by time: packets and scripts that wait. A binary heap in typed arrays, so that a packet costs
 * no object; events of the same time come out in the order in which they went in, which makes runs repeatable.
 */
export class EventQueue {
  size = 0;
  /** Fields of pending packets; a packet's place is its number times `PACKET_WORDS`. */
  packets = new Int32Array(4096 * PACKET_WORDS);
  private times = new Float64Array(4096);
  private orders = new Float64Array(4096);
  private events = new Int32Array(4096);
  private order = 0;
  private readonly free: number[] = [];
  private fresh = 0;

  /** Time of the next event, nanoseconds; there must be one. */
  get first(): number {
    return this.times[0] as number;
  }

  /** A number for a packet, whose fields the caller fills in. */
  takePacket(): number {
    const packet = this.free.pop() ?? this.fresh++;
    if ((packet + 1) * PACKET_WORDS > this.packets.length) {
      const grown = new Int32Array(this.packets.length * 2);
      grown.set(this.packets);
      this.packets = grown;
    }
    return packet;
  }

  givePacket(packet: number): void {
    this.free.push(packet);
  }

  /** @param event what to give back at that time: a packet's number, or below 0 what the caller likes */
  push(time: number, event: number): void {
    if (this.size === this.times.length) {
      this.grow();
    }
    const { times, orders, events } = this;
    const order = this.order++;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= time) {
        break;
      }
      times[at] = times[parent] as number;
      orders[at] = orders[parent] as number;
      events[at] = events[parent] as number;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    events[at] = event;
  }

  /** The next event. */
  pop(): number {
    const { times, orders, events } = this;
    const top = events[0] as number;
    const size = --this.size;
    const time = times[size] as number;
    const order = orders[size] as number;
    const event = events[size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && this.before(child + 1, child)) {
        child++;
      }
      const childTime = times[child] as number;
      if (childTime > time || (childTime === time && (orders[child] as number) > order)) {
        break;
      }
      times[at] = childTime;
      orders[at] = orders[child] as number;
      events[at] = events[child] as number;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    events[at] = event;
    return top;
  }

  private before(a: number, b: number): boolean {
    const difference = (this.times[a] as number) - (this.times[b] as number);
    return difference < 0 || (difference === 0 && (this.orders[a] as number) < (this.orders[b] as number));
  }

  private grow(): void {
    const bigger = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = this.times.length * 2;
    this.times = bigger(this.times, new Float64Array(length));
    this.orders = bigger(this.orders, new Float64Array(length));
    this.events = bigger(this.events, new Int32Array(length));
  }
}
