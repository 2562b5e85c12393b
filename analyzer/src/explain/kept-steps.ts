import { markWeights, type Weight } from './mark.js';
import { between, type Counts, type Step, type Sums } from './step.js';

/** Packets that a sequence is shown in full up to. */
const SHORT = 40;
/** Steps shown at the beginning and the end of a longer one. */
const HEAD = 4;
const TAIL = 6;
/** Of each kind of mark and side: how many of the first and of the last are shown, by weight. */
const FIRST: Readonly<Record<Weight, number>> = { 0: 0, 1: 2, 2: 3, 3: 3 };
const LAST: Readonly<Record<Weight, number>> = { 0: 0, 1: 1, 2: 2, 3: 2 };

/** Packets that are left out of a sequence. */
export interface Elided {
  readonly counts: Counts;
  /** Nanoseconds from the packet in front of them to the last of them. */
  readonly nanos: number;
}

/** A row of a sequence as it is shown: a packet, or that some are left out. */
export type SequenceRow = { readonly step: Step } | { readonly elided: Elided };

export interface Sequence {
  readonly rows: readonly SequenceRow[];
  readonly counts: Counts;
}

interface Kept {
  readonly step: Step;
  /** Everything up to and with it. */
  readonly counts: Counts;
}

/**
 * Keeps of a sequence what is worth showing: all when it is short, else its beginning, its end, and the first and last
 * packets with each kind of mark, each with the packet in front of it. Memory is bounded whatever the length.
 */
export class KeptSteps {
  private readonly short: Kept[] = [];
  private readonly leading: Kept[] = [];
  private readonly trailing = new Map<string, Kept[]>();
  private readonly tail: Kept[] = [];
  private previous: Kept | null = null;

  /** @param all keep every packet, however many */
  constructor(private readonly all = false) {}

  /** @param sums up to and with the step */
  add(step: Step, sums: Sums): void {
    const kept: Kept = { step, counts: sums.copy() };
    if (this.all || this.short.length <= SHORT) {
      this.short.push(kept);
    }
    if (!this.all) {
      this.sort(kept);
    }
    this.previous = kept;
  }

  private sort(kept: Kept): void {
    const { step, counts } = kept;
    const { from } = step.packet;
    const group = this.previous === null ? [kept] : [this.previous, kept];
    if (step.index < HEAD) {
      this.leading.push(kept);
    }
    for (const { kind } of step.marks) {
      // The weight of this packet, not of the kind: what repeats is lighter than what begins.
      const weight = Math.min(step.weight, markWeights[kind]) as Weight;
      const shown = weight > 1 ? group : [kept];
      if ((counts.marks[from][kind] ?? 0) <= FIRST[weight]) {
        this.leading.push(...shown);
      }
      const name = `${from} ${kind}`;
      const last = this.trailing.get(name) ?? [];
      this.trailing.set(name, last);
      last.push(...shown);
      last.splice(0, last.length - 2 * LAST[weight]);
    }
    this.tail.push(kept);
    this.tail.splice(0, this.tail.length - TAIL);
  }

  /** What is to be shown of the packets so far. */
  sequence(): Sequence {
    const total = this.previous?.counts ?? emptyCounts;
    const steps = this.all || this.short.length <= SHORT ? this.short : this.chosen();
    const rows: SequenceRow[] = [];
    let before: Kept | null = null;
    for (const kept of steps) {
      if (kept.step.index > (before?.step.index ?? -1) + 1) {
        rows.push({ elided: elided(before, kept) });
      }
      rows.push({ step: kept.step });
      before = kept;
    }
    return { rows, counts: total };
  }

  private chosen(): Kept[] {
    const known = new Map<number, Kept>();
    for (const list of [this.short, this.leading, ...this.trailing.values(), this.tail]) {
      list.forEach((kept) => known.set(kept.step.index, kept));
    }
    const shown = new Map<number, Kept>();
    for (const list of [this.leading, ...this.trailing.values(), this.tail]) {
      list.forEach((kept) => shown.set(kept.step.index, kept));
    }
    // One packet left out takes as much room as the packet itself.
    for (const index of [...shown.keys()]) {
      const skipped = known.get(index + 1);
      if (skipped !== undefined && !shown.has(index + 1) && shown.has(index + 2)) {
        shown.set(index + 1, skipped);
      }
    }
    return [...shown.values()].sort((a, b) => a.step.index - b.step.index);
  }
}

const emptyCounts: Counts = {
  packets: { client: 0, server: 0 },
  bytes: { client: 0, server: 0 },
  marks: { client: {}, server: {} },
};

/** What lies between two steps that are shown: everything of the second one but itself. */
function elided(before: Kept | null, { step, counts }: Kept): Elided {
  const { packet, marks } = step;
  const all = between(before?.counts ?? null, counts);
  const own = all.marks[packet.from];
  const fewer = Object.fromEntries(
    Object.entries(own)
      .map(([kind, count]) => [kind, count - marks.filter((mark) => mark.kind === kind).length] as const)
      .filter(([, count]) => count > 0)
  );
  return {
    counts: {
      packets: { ...all.packets, [packet.from]: all.packets[packet.from] - 1 },
      bytes: { ...all.bytes, [packet.from]: all.bytes[packet.from] - packet.payload },
      marks: { ...all.marks, [packet.from]: fewer },
    },
    nanos: step.offset - step.delta - (before?.step.offset ?? 0),
  };
}
