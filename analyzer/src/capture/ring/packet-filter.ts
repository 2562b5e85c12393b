import koffi from 'koffi';
import { errorKinds, TcpscopeError } from '../../errors.js';
import { defaultProgram, keepAll, type Instruction } from './bpf.js';
import type { LinkLayer } from './interfaces.js';

/** Names under which libpcap is installed. */
const LIBRARIES = ['libpcap.so.0.8', 'libpcap.so.1', 'libpcap.so'];
const NETMASK_UNKNOWN = 0xffffffff;

/**
 * The kernel's packet filter for what the user asked for.
 * @param filter "default", "none", or an expression in tcpdump's language, for which libpcap must be installed
 * @param snap bytes kept of a packet
 */
export function packetFilter(filter: string, link: LinkLayer, snap: number): Instruction[] {
  if (filter === 'default') {
    return defaultProgram(link.header, snap);
  }
  if (filter === 'none') {
    return keepAll(snap);
  }
  return compile(filter, link.linkType, snap);
}

interface Pcap {
  openDead(linkType: number, snap: number): bigint;
  compile(pcap: bigint, program: Buffer, expression: string, optimize: number, netmask: number): number;
  error(pcap: bigint): string;
  freeCode(program: Buffer): void;
  close(pcap: bigint): void;
}

function libpcap(): Pcap {
  for (const name of LIBRARIES) {
    try {
      const library = koffi.load(name);
      return {
        openDead: library.func('void *pcap_open_dead(int, int)'),
        compile: library.func('int pcap_compile(void *, void *, const char *, int, uint32_t)'),
        error: library.func('const char *pcap_geterr(void *)'),
        freeCode: library.func('void pcap_freecode(void *)'),
        close: library.func('void pcap_close(void *)'),
      } as Pcap;
    } catch {
      // Not under this name.
    }
  }
  throw new TcpscopeError(errorKinds.capturePcapMissing);
}

/** Compiles an expression. Throws TCPS_E_CAPTURE_FILTER with libpcap's own words when it is wrong. */
function compile(expression: string, linkType: number, snap: number): Instruction[] {
  const pcap = libpcap();
  // libpcap calls raw IP by the operating system's DLT_RAW, not by the number that files use.
  const handle = pcap.openDead(linkType === 101 ? 12 : linkType, snap);
  // struct bpf_program { unsigned int length; struct bpf_insn *instructions; }
  const program = Buffer.alloc(16);
  try {
    if (pcap.compile(handle, program, expression, 1, NETMASK_UNKNOWN) !== 0) {
      throw new TcpscopeError(errorKinds.captureFilter, [expression, pcap.error(handle)]);
    }
    const length = program.readUInt32LE(0);
    const bytes = Buffer.from(koffi.view(program.readBigUInt64LE(8), length * 8).slice(0));
    pcap.freeCode(program);
    return Array.from({ length }, (_, i): Instruction => [
      bytes.readUInt16LE(i * 8),
      bytes[i * 8 + 2] as number,
      bytes[i * 8 + 3] as number,
      bytes.readUInt32LE(i * 8 + 4),
    ]);
  } finally {
    pcap.close(handle);
  }
}
