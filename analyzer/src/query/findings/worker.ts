import { parentPort } from 'node:worker_threads';
import { find, type FindingsTask } from './find.js';

/** A thread that works out findings, one question after the other. */
parentPort?.on('message', (task: FindingsTask) => parentPort?.postMessage(find(task)));
