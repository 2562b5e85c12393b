import type { Counter, Dimension, Ratio, Unit } from './field.js';

const common = { side: null, aliases: [], rows: 'feed' } as const;

function counter(name: string, unit: Unit, summary: string, unknown = false): Counter {
  const column = name.replaceAll('.', '_');
  const numbers = { column, aggregate: 'sum', storage: 'u64', scale: 1 } as const;
  return { kind: 'counter', name: `feed.${name}`, type: 'integer', unit, summary, ...common, ...numbers, unknown };
}

function ratio(name: string, summary: string, over: string, under: readonly string[], whenNull: string): Ratio {
  const [numerator, denominator] = [[`feed.${over}`], under.map((each) => `feed.${each}`)];
  const unit = name === 'rate' ? 'packets per second' : 'share';
  return {
    kind: 'ratio',
    name: `feed.${name}`,
    type: 'number',
    unit,
    summary,
    ...common,
    numerator,
    denominator,
    whenNull,
  };
}

/** What tells captures apart. */
export const feedDimensions: readonly Dimension[] = [
  {
    kind: 'dimension',
    name: 'interface',
    type: 'string',
    unit: null,
    summary: 'Network interface, or the files or the stream that packets were read from',
    column: 'interface',
    ...common,
  },
];

/** How good a capture is, window by window of 10 s (docs/feed-quality.md). */
export const feedCounters: readonly Counter[] = [
  counter('seconds', 'seconds', 'Time that was looked at'),
  counter('packets', 'packets', 'Packets read'),
  counter('tcp', 'packets', 'Packets that were TCP segments and no copies'),
  counter('undecoded', 'packets', 'Packets that gave no TCP segment'),
  counter('duplicates', 'packets', 'Copies of packets that were left out', true),
  counter('drops', 'packets', 'Packets that the kernel could not hand over', true),
  counter('clock.steps', null, "Times the packets' clock was set back"),
  counter('acks', 'packets', 'Acknowledgements of something new after a handshake that was seen'),
  counter('gaps', 'packets', 'Acknowledgements of data that were never captured'),
  counter('connections', 'connections', 'Connections that ended and that tell something about the capture'),
  counter('oneway', 'connections', 'Connections of which one direction only was captured'),
  counter('midstream', 'connections', 'Connections whose start was not captured'),
  counter('missed', 'connections', 'Connections whose start was missed long after the capture had begun'),
  counter('guesses', 'connections', 'Connections of which it is a guess who is the client'),
  counter('evicted', 'connections', 'Connections given up because the table of connections was full'),
  counter('poor', 'seconds', 'Time in which the capture was too poor to say why connections ended'),
];

export const feedRatios: readonly Ratio[] = [
  ratio('rate', 'Packets read in a second', 'packets', ['seconds'], 'nothing captured'),
  ratio('undecoded.share', 'Share of packets that gave no TCP segment', 'undecoded', ['packets'], 'no packet'),
  ratio('duplicates.share', 'Share of packets that were copies', 'duplicates', ['packets'], 'unknown'),
  ratio('drops.share', 'Share of packets that were dropped', 'drops', ['packets', 'drops'], 'unknown'),
  ratio('gaps.share', 'Share of acknowledgements of data never captured', 'gaps', ['acks'], 'no acknowledgement'),
  ratio('oneway.share', 'Share of connections in one direction only', 'oneway', ['connections'], 'no connection'),
  ratio('midstream.share', 'Share of connections without their start', 'midstream', ['connections'], 'no connection'),
  ratio('missed.share', 'Share of connections whose start was missed', 'missed', ['connections'], 'no connection'),
  ratio('guesses.share', 'Share of connections with guessed roles', 'guesses', ['connections'], 'no connection'),
  ratio('poor.share', 'Share of the time in which the capture was too poor', 'poor', ['seconds'], 'nothing captured'),
];

/** Everything that is known of a capture by itself; apart from `fields`, because no filter knows them. */
export const feedFields = [...feedDimensions, ...feedCounters, ...feedRatios] as const;
