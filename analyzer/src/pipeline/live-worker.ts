import { PerformanceObserver } from 'node:perf_hooks';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { linkLayerOf, softnetDrops } from '../capture/ring/interfaces.js';
import { packetFilter } from '../capture/ring/packet-filter.js';
import { PacketRing, type RingState } from '../capture/ring/packet-ring.js';
import { TcpscopeError } from '../errors.js';
import { BufferPool, type Batch } from '../flow/index.js';
import { CardDrops } from './card-drops.js';
import type { FromWorker, LiveStatus, LiveWorkerOptions, ToWorker } from './live-messages.js';
import { Pipeline } from './pipeline.js';

/** Milliseconds to wait for packets before looking at the clock and the controls again. */
const WAIT = 100;
/** Milliseconds a packet may lie in a block of the ring before we see it, with room to spare. */
const DELAY = 100;
/** Milliseconds between reports, and between attempts to find an interface that is gone. */
const REPORT = 1000;

/** The thread that captures: packets never leave it, only closed windows and finished connections do. */
class LiveWorker {
  private readonly pool = new BufferPool();
  private readonly pipeline: Pipeline;
  private readonly control: Int32Array;
  private readonly card: CardDrops;
  private readonly softnetAtStart = softnetDrops();
  private fanoutGroup: number | null;
  private ring: PacketRing;
  private state: RingState = 'capturing';
  private lastPacket: number | null = null;
  private collections = 0;
  /** Counts of rings that are closed because their interface went away. */
  private former = { received: 0, dropped: 0, freezes: 0, highestFill: 0 };

  constructor(
    private readonly port: MessagePort,
    private readonly options: LiveWorkerOptions
  ) {
    this.control = new Int32Array(options.control);
    this.card = new CardDrops(options.interfaceName);
    const flow = {
      maxConnections: options.maxConnections,
      serverPorts: options.serverPorts,
      dedup: options.dedup,
      separateVlans: options.separateVlans,
      hashSeed: (Math.random() * 0x7fffffff) | 0,
      buffers: this.pool,
    };
    this.pipeline = new Pipeline((batch) => this.emit(batch), flow, options.recent);
    this.fanoutGroup = options.fanoutGroup;
    this.ring = this.open();
    this.fanoutGroup = this.ring.fanoutGroup;
    new PerformanceObserver((list) => {
      this.collections += list.getEntries().length;
    }).observe({ entryTypes: ['gc'] });
  }

  /** Captures until it is told to stop; the ring is closed in any case. */
  async run(): Promise<void> {
    try {
      await this.capture();
    } finally {
      this.ring.close();
    }
  }

  private async capture(): Promise<void> {
    this.post({ kind: 'ready', fanoutGroup: this.fanoutGroup });
    // Not by the time of day, which may be set back: nothing would be reported, looked after or given back until it is caught up.
    let reported = performance.now();
    while (Atomics.load(this.control, 0) === 0) {
      const packets = this.state === 'gone' ? 0 : this.ring.read(this.pipeline);
      if (packets > 0) {
        this.lastPacket = Date.now() / 1000;
      } else {
        this.pipeline.tick(Math.floor((Date.now() - DELAY) / 1000));
        this.wait();
      }
      const now = performance.now();
      if (now - reported >= REPORT) {
        reported = now;
        this.check();
        this.takeBuffers();
        this.post({ kind: 'status', status: this.status() });
        // The event loop turns once a second, for the observer of garbage collections.
        await new Promise(setImmediate);
      }
    }
    if (this.state !== 'gone') {
      this.ring.read(this.pipeline);
    }
    this.pipeline.finish();
    this.post({ kind: 'done', status: this.status() });
  }

  private wait(): void {
    if (this.state === 'gone') {
      Atomics.wait(this.control, 0, 0, WAIT);
      return;
    }
    this.ring.wait(WAIT);
  }

  /** Once a second: has the interface gone down or away, or come back? */
  private check(): void {
    if (this.state === 'gone') {
      try {
        this.ring = this.open();
        this.card.anew();
        this.state = 'capturing';
      } catch {
        // Still gone; the status says so.
      }
      return;
    }
    this.state = this.ring.state();
    if (this.state === 'gone') {
      this.leave();
    }
  }

  private leave(): void {
    const { received, dropped, freezes, highestFill } = this.ring.updateCounts();
    this.former = {
      received: this.former.received + received,
      dropped: this.former.dropped + dropped,
      freezes: this.former.freezes + freezes,
      highestFill: Math.max(this.former.highestFill, highestFill),
    };
    this.ring.close();
  }

  private open(): PacketRing {
    const { options } = this;
    const link = linkLayerOf(options.interfaceName);
    return PacketRing.open({
      interfaceName: options.interfaceName,
      program: packetFilter(options.filter, link, options.snap),
      bytes: options.ringBytes,
      promiscuous: options.promiscuous,
      // When the interface comes back the group is begun anew under its number by whoever is first.
      ...(options.workers > 1 ? { fanout: { group: this.fanoutGroup } } : {}),
    });
  }

  private status(): LiveStatus {
    const counts =
      this.state === 'gone' ? { received: 0, dropped: 0, freezes: 0, highestFill: 0 } : this.ring.updateCounts();
    this.pipeline.drops = this.former.dropped + counts.dropped;
    return {
      interfaceName: this.options.interfaceName,
      worker: this.options.worker,
      state: this.state,
      packets: this.pipeline.counts(),
      flow: this.pipeline.flowCounts(),
      ring: {
        received: this.former.received + counts.received,
        dropped: this.former.dropped + counts.dropped,
        freezes: this.former.freezes + counts.freezes,
        highestFill: Math.max(this.former.highestFill, counts.highestFill),
        blocks: this.ring.counts.blocks,
      },
      interfaceDrops: this.state === 'gone' ? this.card.total : this.card.update(),
      softnetDrops: since(this.softnetAtStart, softnetDrops()),
      lastPacket: this.lastPacket,
      collections: this.collections,
    };
  }

  private takeBuffers(): void {
    for (
      let message = receiveMessageOnPort(this.port);
      message !== undefined;
      message = receiveMessageOnPort(this.port)
    ) {
      this.pool.give((message.message as ToWorker).buffer);
    }
  }

  private emit(batch: Batch): void {
    this.port.postMessage({ kind: 'batch', batch } satisfies FromWorker, [batch.clientIp.buffer as ArrayBuffer]);
  }

  private post(message: FromWorker): void {
    this.port.postMessage(message);
  }
}

function since(start: number | null, now: number | null): number | null {
  return start === null || now === null ? null : Math.max(0, now - start);
}

async function main(port: MessagePort): Promise<void> {
  try {
    await new LiveWorker(port, workerData as LiveWorkerOptions).run();
  } catch (error) {
    const known = error instanceof TcpscopeError;
    const message = error instanceof Error ? error.message : String(error);
    const code = known ? error.code : 'TCPS_E_CAPTURE_FAILED';
    port.postMessage({ kind: 'failed', code, message, status: known ? error.status : 500 } satisfies FromWorker);
  }
}

if (parentPort !== null) {
  await main(parentPort);
}
