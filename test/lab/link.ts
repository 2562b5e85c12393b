import { Worker } from 'node:worker_threads';
import type { Namespace } from './namespace.js';

export interface LinkOptions {
  /** Namespaces of the ends, and what the device is called in both. */
  readonly near: string;
  readonly far: string;
  readonly device: string;
  /** Whether it is up, and whether to stop. */
  readonly control: SharedArrayBuffer;
  /** For each instance: one-way delay in microseconds, and packets lost of a thousand. */
  readonly delays: SharedArrayBuffer;
  readonly losses: SharedArrayBuffer;
}

const INSTANCES = 65536;

/**
 * A slow line between two routers, for kernels without netem: a TUN device at either end, and a thread that carries
 * packets from one to the other, each after the delay of the instance it belongs to. Without it nothing would ever be in
 * flight when a connection is closed. It never reorders packets of an instance.
 */
export class Link {
  static readonly device = 'line';
  private readonly delays = new SharedArrayBuffer(4 * INSTANCES);
  private readonly losses = new SharedArrayBuffer(4 * INSTANCES);
  private readonly control = new SharedArrayBuffer(8);
  private readonly worker: Worker;

  constructor(near: Namespace, far: Namespace) {
    const options: LinkOptions = {
      near: near.name,
      far: far.name,
      device: Link.device,
      control: this.control,
      delays: this.delays,
      losses: this.losses,
    };
    const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
    const entry = new URL('./link-worker.ts', import.meta.url).href;
    const code = `import(${loader}).then(({ register }) => { register(); return import('${entry}'); });`;
    this.worker = new Worker(code, { eval: true, workerData: options });
    this.worker.on('error', (error) => {
      console.error(error);
    });
  }

  /** Waits until both devices are there. */
  async up(): Promise<void> {
    const flag = new Int32Array(this.control);
    for (let i = 0; Atomics.load(flag, 0) === 0; i++) {
      if (i > 1000) {
        throw new Error('the line between the routers did not come up');
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  set(instance: number, delayMicros: number, lossPermille: number): void {
    new Int32Array(this.delays)[instance] = delayMicros;
    new Int32Array(this.losses)[instance] = lossPermille;
  }

  /** One-way delay of an instance in milliseconds. */
  delayOf(instance: number): number {
    return (new Int32Array(this.delays)[instance] as number) / 1000;
  }

  async stop(): Promise<void> {
    Atomics.store(new Int32Array(this.control), 1, 1);
    await new Promise<void>((resolve) => {
      this.worker.on('exit', () => resolve());
    });
  }
}
