import type { ConnectionBatch } from '../flow/index.js';
import { Neighbourhood } from './surroundings.js';
import { judge, learn, type DiagnosedBatch } from './verdicts.js';

/**
 * Judges all connections of an input that is in memory: the same verdicts as a `Diagnoser` gives while they come in.
 * @returns the batches in the order of their epochs
 */
export function diagnoseAll(batches: readonly ConnectionBatch[]): DiagnosedBatch[] {
  const epochs = new Map<number, ConnectionBatch[]>();
  for (const batch of batches) {
    const epoch = epochs.get(batch.epoch);
    if (epoch === undefined) {
      epochs.set(batch.epoch, [batch]);
    } else {
      epoch.push(batch);
    }
  }
  const neighbourhood = new Neighbourhood();
  return [...epochs]
    .sort(([a], [b]) => a - b)
    .flatMap(([, together]) => {
      together.forEach((batch) => learn(batch, neighbourhood));
      const judged = together.map((batch) => judge(batch, neighbourhood));
      neighbourhood.endEpoch();
      return judged;
    });
}
