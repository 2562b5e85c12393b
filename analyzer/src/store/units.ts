import { z } from 'zod';

const durationUnits: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 7 * 86_400, y: 365 * 86_400 };
const sizeUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

type Context = Parameters<Parameters<z.ZodUnion<[z.ZodNumber, z.ZodString]>['transform']>[0]>[1];

function seconds(value: number | string, context: Context): number {
  const match = /^\s*(\d+)\s*([smhdwy])\s*$/.exec(typeof value === 'number' ? `${value}s` : value);
  const result = match ? Number(match[1]) * durationUnits[match[2]!]! : 0;
  if (!Number.isSafeInteger(result) || result <= 0) {
    context.addIssue({ code: 'custom', message: `"${value}" is not a time span; write "12h", "7d" or "1y"` });
    return z.NEVER;
  }
  return result;
}

/** A time span in whole seconds: `90s`, `30m`, `12h`, `7d`, `4w`, `1y` (365 days), or a number of seconds. */
export const durationSchema = z.union([z.number(), z.string()]).transform(seconds);

/** A time span, or `forever` (null). */
export const lifetimeSchema = z
  .union([z.number(), z.string()])
  .transform((value, context) => (value === 'forever' ? null : seconds(value, context)));

/** A size in bytes: `512MiB`, `2GB` (both count in powers of 1024), or a number of bytes. */
export const sizeSchema = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(String(value));
  const bytes = match ? Math.round(Number(match[1]) * sizeUnits[match[2]!.toLowerCase()]!) : 0;
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    context.addIssue({ code: 'custom', message: `"${value}" is not a size; write "512MiB" or "2GiB"` });
    return z.NEVER;
  }
  return bytes;
});
