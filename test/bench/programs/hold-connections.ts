import { readFileSync } from 'node:fs';
import { PacketBatch, Pkt } from '../../../analyzer/src/capture/packet-batch.js';
import { Pipeline } from '../../../analyzer/src/pipeline/pipeline.js';
import { ACK, ethernet, etherTypeOf, ip, PSH, SYN, tcp } from '../../traffic/frame.js';

/** Memory of the process, and what the flow table held. Memory in bytes. */
export interface Held {
  readonly idle: number;
  readonly most: number;
  readonly live: number;
  readonly evicted: number;
  readonly windowRows: number;
}

/** New connections a second: the longest of them must not be so old that they are given up. */
const RATE = 40_000;
const SEQUENCE = [1000, 9000] as const;
const PAYLOAD = 100;
/** Connections of a client. */
const PORTS = 10;

interface Template {
  readonly frame: Uint8Array;
  /** Where the client's address ends, and its port, which tell the connections apart. */
  readonly address: number;
  readonly port: number;
  readonly wire: number;
}

/** A packet of a conversation, to be copied and given another client for each connection. */
function template(
  wide: boolean,
  vlan: boolean,
  fromClient: boolean,
  flags: number,
  sent: number,
  payload: number
): Template {
  const [client, server] = wide ? ['2001:db8::1', '2001:db8::2'] : ['10.0.0.0', '192.0.2.1'];
  const segment = tcp({
    sourcePort: fromClient ? 1 : 443,
    destinationPort: fromClient ? 443 : 1,
    sequence: SEQUENCE[fromClient ? 0 : 1] + ((flags & SYN) === 0 ? 1 + (fromClient ? 0 : sent) : 0),
    acknowledgement: (flags & ACK) === 0 ? 0 : SEQUENCE[fromClient ? 1 : 0] + 1 + (fromClient ? sent : 0),
    flags,
    payload: new Uint8Array(payload),
  });
  const [source, destination] = fromClient ? [client, server] : [server, client];
  const packet = ip({ source, destination, protocol: 6 }, segment);
  const frame = ethernet(etherTypeOf(packet), packet, vlan ? [100] : []);
  const at = vlan ? 18 : 14;
  const [header, address] = wide ? [40, fromClient ? 20 : 36] : [20, fromClient ? 12 : 16];
  return { frame, address: at + address, port: at + header + (fromClient ? 0 : 2), wire: frame.length };
}

/** A handshake, a request and a bit of an answer that is acknowledged: what an open connection has behind it. */
function conversation(wide: boolean, vlan: boolean): Template[] {
  return [
    template(wide, vlan, true, SYN, 0, 0),
    template(wide, vlan, false, SYN | ACK, 0, 0),
    template(wide, vlan, true, ACK, 0, 0),
    template(wide, vlan, true, ACK | PSH, 0, PAYLOAD),
    template(wide, vlan, false, ACK | PSH, 0, PAYLOAD),
    template(wide, vlan, true, ACK, PAYLOAD, 0),
  ];
}

/** As in the generated traffic: every fifth connection over IPv6, every seventh in a VLAN. */
const conversations = [false, true].map((wide) => [false, true].map((vlan) => conversation(wide, vlan)));

let most = 0;
/** Memory that the process has in RAM, bytes: what the system counts for it, the engine's own memory included. */
function memory(): number {
  const [, pages] = readFileSync('/proc/self/statm', 'utf8').split(' ');
  const now = Number(pages) * 4096;
  most = Math.max(most, now);
  return now;
}

const connections = Number(process.argv[2]);
let windowRows = 0;
const pipeline = new Pipeline((batch) => (windowRows += batch.kind === 'windows' ? batch.rows : 0), {
  maxConnections: connections,
});
const batch = new PacketBatch();
batch.bytes = new Uint8Array(PacketBatch.size * 256);
batch.view = new DataView(batch.bytes.buffer);

function send(packet: Template, connection: number, nanos: number): void {
  const at = batch.length * 256;
  batch.bytes.set(packet.frame, at);
  // Some ports of each client.
  batch.view.setUint32(at + packet.address, 0x0a000000 + Math.floor(connection / PORTS));
  batch.view.setUint16(at + packet.port, 10_000 + (connection % PORTS));
  const word = batch.length * Pkt.Words;
  batch.words[word + Pkt.At] = at;
  batch.words[word + Pkt.Captured] = packet.frame.length;
  batch.words[word + Pkt.Wire] = packet.wire;
  batch.words[word + Pkt.Seconds] = 1_700_000_000 + Math.floor(connection / RATE);
  batch.words[word + Pkt.Nanos] = nanos;
  batch.words[word + Pkt.LinkType] = 1;
  batch.words[word + Pkt.Interface] = 0;
  batch.words[word + Pkt.Vlan] = 0;
  if (++batch.length === PacketBatch.size) {
    flush();
  }
}

function flush(): void {
  pipeline.batch(batch);
  batch.length = 0;
}

const idle = memory();
for (let connection = 0; connection < connections; connection++) {
  const packets = conversations[connection % 5 === 0 ? 1 : 0]![connection % 7 === 0 ? 1 : 0]!;
  for (const packet of packets) {
    send(packet, connection, (connection % RATE) * 25_000);
  }
  if (connection % 1000 === 0) {
    memory();
  }
  if (connection % 100_000 === 0) {
    // Batches that nobody holds any more are freed in the turns of the event loop, as in the service.
    await new Promise(setImmediate);
  }
}
flush();
memory();
const { live, evicted } = pipeline.flowCounts();
const held: Held = { idle, most, live, evicted, windowRows };
console.log(JSON.stringify(held));
