/** How addresses and times of rows are written for people and for JSON. */

/** Text of an address as batches carry it: dotted for IPv4 (::ffff:a.b.c.d), else RFC 5952. */
export function addressText(bytes: Uint8Array, at: number): string {
  if (isMappedIpv4(bytes, at)) {
    return `${bytes[at + 12]}.${bytes[at + 13]}.${bytes[at + 14]}.${bytes[at + 15]}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((bytes[at + i] as number) << 8) | (bytes[at + i + 1] as number));
  }
  const gap = longestZeros(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return gap.length < 2
    ? hex(groups)
    : `${hex(groups.slice(0, gap.from))}::${hex(groups.slice(gap.from + gap.length))}`;
}

function isMappedIpv4(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) {
    if (bytes[at + i] !== 0) {
      return false;
    }
  }
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** The longest run of zero groups, the first of several (RFC 5952 4.2.3). */
function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) {
      length++;
    }
    if (length > best.length) {
      best = { from, length };
    }
  }
  return best;
}

const DAY = 86_400;
/** The day that was written last: rows of a capture lie in few. */
let day = NaN;
let date = '';

/** RFC 3339 with nanoseconds, in UTC. */
export function timeText(seconds: number, nanos: number): string {
  const own = Math.floor(seconds / DAY);
  if (own !== day) {
    day = own;
    date = new Date(own * DAY * 1000).toISOString().slice(0, 11);
  }
  const second = seconds - own * DAY;
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(twoDigits).join(':');
  return `${date}${clock}.${String(nanos).padStart(9, '0')}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
