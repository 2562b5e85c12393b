import type { Parameter, Parameters } from '../../store/engine/engine.js';

/** Collects the values of a statement. What a user wrote reaches SQL through here and in no other way. */
export class Bindings {
  private readonly collected: Record<string, Parameter> = {};
  private readonly known = new Map<string, string>();

  get parameters(): Parameters {
    return this.collected;
  }

  /** The placeholder of a value; the same for the same value and type. */
  bind(value: Parameter['value'], type: string): string {
    const identity = typeof value === 'object' ? undefined : `${type} ${typeof value} ${String(value)}`;
    const before = identity === undefined ? undefined : this.known.get(identity);
    if (before !== undefined) {
      return before;
    }
    const name = `p${Object.keys(this.collected).length}`;
    const placeholder = `{${name}:${type}}`;
    this.collected[name] = { type, value };
    if (identity !== undefined) {
      this.known.set(identity, placeholder);
    }
    return placeholder;
  }

  /** Hashes as the engine prints them. */
  hashes(texts: readonly string[]): string {
    return this.bind(
      texts.map((hash) => BigInt(hash)),
      'Array(UInt64)'
    );
  }

  /** An instant in whole seconds since 1970. */
  second(seconds: number): string {
    return this.bind(new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' '), "DateTime('UTC')");
  }

  /** An instant in milliseconds since 1970. */
  millisecond(ms: number): string {
    const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
    return this.bind(text, "DateTime64(9, 'UTC')");
  }
}
