import type { StoreStats } from '../../store/stats.js';
import type { Column, TableAnswer } from '../answer.js';
import type { CaptureStatus } from '../capture-status.js';
import type { HealthQuestion } from '../question.js';

type Unit = Column['unit'];
type Number_ = readonly [name: string, unit: Unit, summary: string, value: number | null];

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, each) => total + each, 0);

function ofCapture({ packets, ...capture }: CaptureStatus, now: number): Number_[] {
  const { read, tcp, duplicate, undecoded } = packets;
  const { kernelDrops, interfaceDrops, softnetDrops, ringFill } = capture;
  const { late, evicted, connections, windowsClosed, lastPacketAt } = capture;
  const age = lastPacketAt === null ? null : Math.max(0, now - lastPacketAt) / 1000;
  return [
    ['capture.running', null, '1 while packets are captured', capture.state === 'running' ? 1 : 0],
    ['packets.read', 'packets', 'Packets read', read],
    ['packets.tcp', 'packets', 'Packets that were TCP segments', tcp],
    ['packets.duplicate', 'packets', 'Segments seen before at another place', duplicate],
    ['packets.undecoded', 'packets', 'Packets that gave no TCP segment', sum(Object.values(undecoded))],
    ['drops.kernel', 'packets', 'Packets the kernel could not hand over', kernelDrops],
    ['drops.interface', 'packets', 'Packets lost by the network card or its driver', interfaceDrops],
    ['drops.softnet', 'packets', 'Packets the kernel dropped before any capture, on all interfaces', softnetDrops],
    ['ring.fill', 'share', 'Highest share of the ring that was waiting to be read', ringFill],
    ['packets.late', 'packets', 'Packets that came after their window was closed', late],
    ['connections.evicted', 'connections', 'Connections given up because the flow table was full', evicted],
    ['connections.live', 'connections', 'Connections that are followed now', connections],
    ['windows.closed', null, 'Windows whose rows went to the store', windowsClosed],
    ['packet.age', 'seconds', 'Time since the last packet', age],
  ];
}

function ofStore({ written, unwritten, spool, engine }: StoreStats): Number_[] {
  return [
    ['store.ready', null, '1 while the database answers', engine.state === 'ready' ? 1 : 0],
    ['store.rows.written', null, 'Rows stored', sum(Object.values(written))],
    ['store.rows.lost', null, 'Rows that could not be stored', sum(Object.values(unwritten).map(({ rows }) => rows))],
    ['store.spool.bytes', 'bytes', 'Rows that wait for the database', spool.bytes + spool.pendingBytes],
    ['store.restarts', null, 'Times the database ended unasked', engine.restarts],
  ];
}

/** One row that says what limits all other numbers; what is not known is null. `now` in milliseconds since 1970. */
export function answerHealth(
  { kind, notices }: HealthQuestion,
  captures: readonly CaptureStatus[],
  store: StoreStats,
  now: number
): TableAnswer {
  const column =
    (labels?: Column['labels']) =>
    (each: Number_): Column => {
      const [name, unit = null, summary, value] = each;
      const base: Column = { name, field: null, type: 'number', values: [value], summary, unit };
      return labels === undefined ? base : { ...base, labels };
    };
  const columns = [
    ...captures.flatMap((capture) => ofCapture(capture, now).map(column({ interface: capture.interface }))),
    ...ofStore(store).map(column()),
  ];
  return { shape: 'table', kind, columns, rows: 1, more: false, notices, statements: [] };
}
