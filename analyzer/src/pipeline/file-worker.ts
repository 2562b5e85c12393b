import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Batch } from '../flow/index.js';
import type { FileWorkerOptions, FromFileWorker } from './file-messages.js';
import { readShare } from './read-captures.js';

/** A thread that reads capture files and follows its share of the connections. */
async function main(port: MessagePort, options: FileWorkerOptions): Promise<void> {
  const pending = new Int32Array(options.control);
  const post = (message: FromFileWorker) => port.postMessage(message);
  const emit = (batch: Batch) => {
    const { index, mostPending } = options;
    for (let waiting = Atomics.load(pending, index); waiting >= mostPending; waiting = Atomics.load(pending, index)) {
      Atomics.wait(pending, index, waiting);
    }
    Atomics.add(pending, index, 1);
    port.postMessage({ kind: 'batch', batch } satisfies FromFileWorker, [batch.clientIp.buffer as ArrayBuffer]);
  };
  const { damage, ...result } = await readShare(options.paths, options.flow, emit, (read, size) =>
    post({ kind: 'progress', read, size })
  );
  post({ kind: 'done', result, damage: damage.map(({ code, status, message }) => ({ code, status, text: message })) });
}

if (parentPort !== null) {
  await main(parentPort, workerData as FileWorkerOptions);
}
