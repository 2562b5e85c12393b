import type { StoreStats } from '../store/stats.js';
import type { Column } from './answer.js';
import type { CaptureStatus } from './capture-status.js';

/** One number that says what limits the others; null when it is not known. */
export interface HealthNumber<Source> {
  readonly name: string;
  readonly unit: NonNullable<Column['unit']> | null;
  readonly summary: string;
  /** `now` in milliseconds since 1970. */
  of(source: Source, now: number): number | null;
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, each) => total + each, 0);

function number<Source>(
  name: string,
  unit: HealthNumber<Source>['unit'],
  summary: string,
  of: HealthNumber<Source>['of']
): HealthNumber<Source> {
  return { name, unit, summary, of };
}

/** Numbers of each capture, since its start. */
export const captureNumbers: ReadonlyArray<HealthNumber<CaptureStatus>> = [
  number('capture.running', null, '1 while packets are captured', ({ state }) => (state === 'running' ? 1 : 0)),
  number('packets.read', 'packets', 'Packets read', ({ packets }) => packets.read),
  number('packets.tcp', 'packets', 'Packets that were TCP segments', ({ packets }) => packets.tcp),
  number('packets.duplicate', 'packets', 'Segments seen before at another place', ({ packets }) => packets.duplicate),
  number('packets.undecoded', 'packets', 'Packets that gave no TCP segment', ({ packets }) =>
    sum(Object.values(packets.undecoded))
  ),
  number('drops.kernel', 'packets', 'Packets the kernel could not hand over', ({ kernelDrops }) => kernelDrops),
  number(
    'drops.interface',
    'packets',
    'Packets lost by the network card or its driver',
    ({ interfaceDrops }) => interfaceDrops
  ),
  number(
    'drops.softnet',
    'packets',
    'Packets the kernel dropped before any capture, on all interfaces',
    ({ softnetDrops }) => softnetDrops
  ),
  number('ring.fill', 'share', 'Highest share of the ring that was waiting to be read', ({ ringFill }) => ringFill),
  number('packets.late', 'packets', 'Packets that came after their window was closed', ({ late }) => late),
  number(
    'connections.evicted',
    'connections',
    'Connections given up because the flow table was full',
    ({ evicted }) => evicted
  ),
  number('connections.live', 'connections', 'Connections that are followed now', ({ connections }) => connections),
  number('windows.closed', null, 'Windows whose rows went to the store', ({ windowsClosed }) => windowsClosed),
  number('packet.age', 'seconds', 'Time since the last packet', ({ lastPacketAt }, now) =>
    lastPacketAt === null ? null : Math.max(0, now - lastPacketAt) / 1000
  ),
];

/** Packets that gave no TCP segment, a number for each reason. */
export const undecodedNumber = {
  name: 'undecoded',
  unit: 'packets',
  summary: 'Packets that gave no TCP segment for this reason',
} as const;

/** Numbers of the store, since its start. */
export const storeNumbers: ReadonlyArray<HealthNumber<StoreStats>> = [
  number('store.ready', null, '1 while the database answers', ({ engine }) => (engine.state === 'ready' ? 1 : 0)),
  number('store.rows.written', null, 'Rows stored', ({ written }) => sum(Object.values(written))),
  number('store.rows.lost', null, 'Rows that could not be stored', ({ unwritten }) =>
    sum(Object.values(unwritten).map(({ rows }) => rows))
  ),
  number(
    'store.spool.bytes',
    'bytes',
    'Rows that wait for the database',
    ({ spool }) => spool.bytes + spool.pendingBytes
  ),
  number('store.restarts', null, 'Times the database ended unasked', ({ engine }) => engine.restarts),
];

/** Every name that a query of kind `health` may choose. */
export const healthNames: readonly string[] = [
  ...captureNumbers.map(({ name }) => name),
  undecodedNumber.name,
  ...storeNumbers.map(({ name }) => name),
];
