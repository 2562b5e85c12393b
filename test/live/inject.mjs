// Sends the packets of a pcap file from an interface, as fast as they go: node inject.mjs INTERFACE FILE
import { readFileSync } from 'node:fs';
import koffi from 'koffi';

const AF_PACKET = 17;
const SOCK_RAW = 3;

const [name, file] = process.argv.slice(2);
const library = koffi.load(null);
const socket = library.func('int socket(int, int, int)');
const sendto = library.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
const indexOf = library.func('unsigned int if_nametoindex(const char *)');

const descriptor = socket(AF_PACKET, SOCK_RAW, 0);
const address = Buffer.alloc(20);
address.writeUInt16LE(AF_PACKET, 0);
address.writeInt32LE(indexOf(name), 4);

const bytes = readFileSync(file);
for (let at = 24; at < bytes.length;) {
  const length = bytes.readUInt32LE(at + 8);
  const frame = bytes.subarray(at + 16, at + 16 + length);
  if (sendto(descriptor, frame, length, 0, address, address.length) !== length) {
    throw new Error(`a packet of ${length} bytes was not sent: error ${koffi.errno()}`);
  }
  at += 16 + length;
}
