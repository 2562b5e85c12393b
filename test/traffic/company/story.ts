import { SECOND, type Connection } from '../play/connection.js';
import type { Host, Service } from '../play/host.js';
import type { Random } from '../play/random.js';
import type { Script, Stage } from '../play/stage.js';
import type { CloseClass } from '../play/tally.js';
import type { Network } from './network.js';

/** What a story has at hand. */
export interface Scene {
  readonly stage: Stage;
  readonly network: Network;
  readonly random: Random;
  /** How often it has been played before. */
  readonly turn: number;
  /** Factor for the number of hosts and connections, with the rate of traffic. */
  readonly size: number;
  /** Starts a connection of the story. */
  connect(client: Host, service: Service, script: (connection: Connection) => Script, clientPort?: number): void;
}

/** Something to be found in the capture, played again and again. */
export interface Story {
  readonly name: string;
  /** What happens, for people. */
  readonly about: string;
  /** Seconds after time 0 at which it begins, and from one beginning to the next. */
  readonly first: number;
  readonly every: number;
  /** How its connections end when they are seen to their end; null when in any way. */
  readonly closes: readonly CloseClass[] | null;
  play(scene: Scene): Script;
}

/** Plays a story over and over; the times between lie within a tenth of its period. */
export function* recur(
  story: Story,
  stage: Stage,
  network: Network,
  random: Random,
  size: number,
  begins: (story: Story, time: number) => void
): Script {
  for (let turn = 0; ; turn++) {
    const place = story.first + story.every * (turn + 0.1 * random.unit());
    yield Math.round(place * SECOND);
    begins(story, stage.now);
    const scene: Scene = {
      stage,
      network,
      random,
      turn,
      size,
      connect: (client, service, script, clientPort) =>
        stage.connect(
          { client, service, story: story.name, random, ...(clientPort === undefined ? {} : { clientPort }) },
          script
        ),
    };
    stage.start(story.play(scene));
  }
}

/** Waits in a story. */
export function after(stage: Stage, seconds: number): number {
  return stage.now + Math.round(seconds * SECOND);
}
