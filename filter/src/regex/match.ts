import { limits } from '../limits.js';
import { PatternError, wordRanges, type CodeRange, type Pattern } from './pattern.js';

/**
 * Matches by following all ways through the pattern at once (Thompson 1968), so that the time is at most the length of
 * the text times the length of the pattern. JavaScript's own engine would try them one after another, which `(a+)+$`
 * makes exponential. The cost: no captures, which a filter has no use for.
 */
type Step =
  | { readonly op: 'set'; readonly ranges: readonly CodeRange[] }
  | { readonly op: 'begin' | 'end' | 'boundary' | 'match' }
  | { readonly op: 'split'; readonly to: readonly [number, number] }
  | { readonly op: 'jump'; readonly to: number };

/** Whether the pattern occurs in a text. Throws PatternError when it is too large. */
export function matcher(pattern: Pattern): (text: string) => boolean {
  const program = compile(pattern);
  return (text) => run(program, text);
}

/** Throws PatternError when the pattern has too many steps, its repetitions written out. */
export function checkSize(pattern: Pattern): void {
  compile(pattern);
}

/** Unset targets of jumps, filled in when the place behind is known. */
const unknown = -1;

function compile(pattern: Pattern): readonly Step[] {
  const steps: Step[] = [];
  const add = (step: Step) => {
    if (steps.length >= limits.patternSteps) {
      throw new PatternError('it is too large; use fewer or smaller repetitions', 1);
    }
    return steps.push(step) - 1;
  };
  const split = (preferred: number, other: number) => add({ op: 'split', to: [preferred, other] });

  const emit = (part: Pattern): void => {
    switch (part.kind) {
      case 'set':
        add({ op: 'set', ranges: part.ranges });
        return;
      case 'sequence':
        part.parts.forEach(emit);
        return;
      case 'choice':
        emitChoice(part.options);
        return;
      case 'repeat':
        emitRepeat(part.part, part.min, part.max);
        return;
      default:
        add({ op: part.kind });
    }
  };

  const emitChoice = (options: readonly Pattern[]) => {
    const ends: number[] = [];
    options.forEach((option, i) => {
      if (i === options.length - 1) {
        emit(option);
        return;
      }
      const at = split(unknown, unknown);
      emit(option);
      ends.push(add({ op: 'jump', to: unknown }));
      steps[at] = { op: 'split', to: [at + 1, steps.length] };
    });
    ends.forEach((end) => (steps[end] = { op: 'jump', to: steps.length }));
  };

  const emitRepeat = (part: Pattern, min: number, max: number | null) => {
    // Each copy costs a step of its own even if the part has none, or `(){1000}` inside itself would never end.
    const copy = () => {
      add({ op: 'jump', to: steps.length + 1 });
      emit(part);
    };
    for (let i = 0; i < min; i++) {
      copy();
    }
    if (max === null) {
      const at = split(unknown, unknown);
      emit(part);
      add({ op: 'jump', to: at });
      steps[at] = { op: 'split', to: [at + 1, steps.length] };
      return;
    }
    const skips: number[] = [];
    for (let i = min; i < max; i++) {
      skips.push(split(unknown, unknown));
      emit(part);
    }
    skips.forEach((at) => (steps[at] = { op: 'split', to: [at + 1, steps.length] }));
  };

  emit(pattern);
  add({ op: 'match' });
  return steps;
}

const isWord = (code: number | undefined) => code !== undefined && contains(wordRanges, code);

function contains(ranges: readonly CodeRange[], code: number): boolean {
  return ranges.some(([from, to]) => code >= from && code <= to);
}

function run(program: readonly Step[], text: string): boolean {
  const codes = Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
  const seen = new Int32Array(program.length).fill(-1);
  let waiting: number[] = [];

  for (let at = 0; at <= codes.length; at++) {
    const code = codes[at];
    const boundary = isWord(codes[at - 1]) !== isWord(code);
    const next: number[] = [];
    // Another attempt begins at every character, because the pattern may occur anywhere.
    const open = [0, ...waiting.reverse()];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const step = program[index];
      if (step === undefined || seen[index] === at) {
        continue;
      }
      seen[index] = at;
      switch (step.op) {
        case 'match':
          return true;
        case 'set':
          if (code !== undefined && contains(step.ranges, code)) {
            next.push(index + 1);
          }
          break;
        case 'jump':
          open.push(step.to);
          break;
        case 'split':
          open.push(step.to[1], step.to[0]);
          break;
        default:
          if (step.op === 'begin' ? at === 0 : step.op === 'end' ? at === codes.length : boundary) {
            open.push(index + 1);
          }
      }
    }
    waiting = next;
  }
  return false;
}
