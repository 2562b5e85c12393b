import type { Worker } from 'node:worker_threads';
import { CaptureFile } from '../capture/capture-file.js';
import { readFiles } from '../capture/read-files.js';
import { startWorker } from '../entry-points.js';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import type { FileWorkerOptions, FromFileWorker } from './file-messages.js';
import { Pipeline, type FlowCounts, type PacketCounts, type PipelineOptions } from './pipeline.js';

export interface ReadOptions {
  /** Threads that share the work; every one reads all packets and follows its share of the connections. */
  readonly workers: number;
  readonly flow: Pick<PipelineOptions, 'maxConnections' | 'serverPorts' | 'dedup' | 'separateVlans'>;
  /** Takes a batch. Reading waits while promises are open. */
  onBatch(batch: Batch, worker: number): void | Promise<void>;
  /** Bytes read of bytes there are (null when unknown: standard input). */
  onProgress?(read: number, size: number | null): void;
}

export interface ReadResult {
  readonly packets: PacketCounts;
  /** One for each worker. */
  readonly flow: readonly FlowCounts[];
  /** What was wrong with files; everything before the damage is in the rows. */
  readonly damage: readonly TcpscopeError[];
  /** Packets that the capturing programs say they lost; null when none says anything. */
  readonly reportedDrops: number | null;
}

/** Batches that may wait to be taken before reading pauses. */
const MOST_PENDING = 8;

/**
 * Reads capture files in order of time and gives their rows. The rows are the same for any number of workers and any speed.
 * Throws TCPS_E_FILE_UNREADABLE or TCPS_E_FILE_FORMAT before anything is read when a file cannot be opened.
 */
export async function readCaptures(paths: readonly string[], options: ReadOptions): Promise<ReadResult> {
  if (options.workers === 1) {
    return readHere(paths, options);
  }
  if (paths.includes('-')) {
    throw new TcpscopeError(errorKinds.stdinWorkers, ['Standard input']);
  }
  // Opened once here, so that what cannot be opened is said before any worker starts.
  const files = await openAll(paths);
  files.forEach((file) => file.close());
  const stream = files.find((file) => file.size === null);
  if (stream !== undefined) {
    throw new TcpscopeError(errorKinds.stdinWorkers, [stream.name]);
  }
  return readShared(paths, options);
}

async function openAll(paths: readonly string[]): Promise<CaptureFile[]> {
  if (paths.indexOf('-') !== paths.lastIndexOf('-')) {
    throw new TcpscopeError(errorKinds.stdinTwice);
  }
  const files: CaptureFile[] = [];
  try {
    for (const path of paths) {
      files.push(await CaptureFile.open(path));
    }
  } catch (error) {
    files.forEach((file) => file.close());
    throw error;
  }
  return files;
}

async function readHere(paths: readonly string[], options: ReadOptions): Promise<ReadResult> {
  const files = await openAll(paths);
  const pending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const pipeline = new Pipeline((batch) => {
    const taken = options.onBatch(batch, 0);
    if (taken !== undefined) {
      const done = taken.catch((error: unknown) => void failures.push(error)).finally(() => pending.delete(done));
      pending.add(done);
    }
  }, options.flow);
  const throwFailure = () => {
    if (failures.length > 0) {
      throw failures[0];
    }
  };
  try {
    await readFiles(files, pipeline, async () => {
      options.onProgress?.(...progressOf(files));
      while (pending.size > MOST_PENDING) {
        await Promise.race(pending);
      }
      throwFailure();
    });
    pipeline.finish();
    await Promise.all(pending);
    throwFailure();
    return resultOf(files, pipeline);
  } finally {
    files.forEach((file) => file.close());
  }
}

function progressOf(files: readonly CaptureFile[]): [number, number | null] {
  const read = files.reduce((sum, file) => sum + file.position, 0);
  const known = files.every((file) => file.size !== null);
  return [read, known ? files.reduce((sum, file) => sum + (file.size ?? 0), 0) : null];
}

function resultOf(files: readonly CaptureFile[], pipeline: Pipeline): ReadResult {
  const drops = files.flatMap((file) => file.reader.reportedDrops ?? []);
  return {
    packets: pipeline.counts(),
    flow: [pipeline.flowCounts()],
    damage: files.flatMap((file) => file.damage ?? []),
    reportedDrops: drops.length === 0 ? null : drops.reduce((sum, count) => sum + count, 0),
  };
}

/** Runs in a file worker: the share of the work of worker `index` of `of`. */
export async function readShare(
  paths: readonly string[],
  flow: PipelineOptions,
  emit: (batch: Batch) => void,
  onProgress: (read: number, size: number | null) => void
): Promise<ReadResult> {
  const files = await openAll(paths);
  const pipeline = new Pipeline(emit, flow);
  await readFiles(files, pipeline, () => onProgress(...progressOf(files)));
  pipeline.finish();
  files.forEach((file) => file.close());
  return resultOf(files, pipeline);
}

async function readShared(paths: readonly string[], options: ReadOptions): Promise<ReadResult> {
  const control = new SharedArrayBuffer(4 * options.workers);
  const workers: Worker[] = [];
  let shares: ReadResult[];
  try {
    shares = await Promise.all(
      Array.from({ length: options.workers }, (_, index) => {
        const worker = startFileWorker(paths, options, index, control);
        workers.push(worker);
        return shareOf(worker, options, index, control);
      })
    );
  } finally {
    // When one has failed the others read in vain.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const [first] = shares as [ReadResult, ...ReadResult[]];
  // Every worker has read every packet: the first one's counts are those of the input.
  return { ...first, flow: shares.flatMap((share) => share.flow) };
}

function startFileWorker(
  paths: readonly string[],
  options: ReadOptions,
  index: number,
  control: SharedArrayBuffer
): Worker {
  const workerOptions: FileWorkerOptions = {
    paths,
    flow: { ...options.flow, part: { index, of: options.workers } },
    index,
    mostPending: MOST_PENDING,
    control,
  };
  return startWorker('pipeline/file-worker', workerOptions);
}

/** What a worker has read, when it has and all its batches are taken. */
function shareOf(worker: Worker, options: ReadOptions, index: number, control: SharedArrayBuffer): Promise<ReadResult> {
  const pendingCount = new Int32Array(control);
  const taking = new Set<Promise<void>>();
  const take = async (batch: Batch) => {
    try {
      await options.onBatch(batch, index);
    } finally {
      Atomics.sub(pendingCount, index, 1);
      Atomics.notify(pendingCount, index);
    }
  };
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message: FromFileWorker) => {
      if (message.kind === 'progress') {
        if (index === 0) {
          options.onProgress?.(message.read, message.size);
        }
      } else if (message.kind === 'batch') {
        const taken = take(message.batch)
          .catch(reject)
          .finally(() => taking.delete(taken));
        taking.add(taken);
      } else {
        const damage = message.damage.map(({ code, status, text }) => TcpscopeError.received(code, status, text));
        Promise.all(taking).then(() => resolve({ ...message.result, damage }), reject);
      }
    });
  });
}
