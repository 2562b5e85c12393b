import { once } from 'node:events';
import { LiveCapture } from '../../../analyzer/src/pipeline/live-capture.js';

/** What became of the packets that came to the interface. */
export interface Captured {
  readonly read: number;
  readonly dropped: number;
  readonly freezes: number;
  /** Blocks of the ring that were full at most at once, and blocks there are. */
  readonly highestFill: number;
  readonly blocks: number;
  readonly windowRows: number;
  readonly connections: number;
}

// capture-ring.js INTERFACE RING-MIB SNAP: captures until its input ends, then prints what it got.
const [interfaceName, ring, snap] = process.argv.slice(2) as [string, string, string];
let windowRows = 0;
let connections = 0;
const capture = await LiveCapture.start(
  {
    interfaceName,
    filter: 'none',
    snap: Number(snap),
    ringBytes: Number(ring) << 20,
    promiscuous: true,
    maxConnections: 1 << 20,
    serverPorts: [],
    dedup: 'off',
    separateVlans: false,
    workers: 1,
  },
  {
    onBatch: (batch) => {
      if (batch.kind === 'windows') {
        windowRows += batch.rows;
      } else {
        connections += batch.rows;
      }
      return Promise.resolve();
    },
    onFailed: (error) => {
      console.error(error.message);
      process.exit(1);
    },
  }
);
console.log('capturing');
process.stdin.resume();
await once(process.stdin, 'end');
await capture.stop();
const [status] = capture.status();
if (status !== undefined) {
  const { dropped, freezes, highestFill, blocks } = status.ring;
  const captured: Captured = {
    read: status.packets.read,
    dropped,
    freezes,
    highestFill,
    blocks,
    windowRows,
    connections,
  };
  console.log(JSON.stringify(captured));
}
