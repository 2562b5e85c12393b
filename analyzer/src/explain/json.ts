import { timeText } from '../report/index.js';
import type { ConnectionExplanation } from './explanation.js';
import { flagsText } from './flags-text.js';
import type { Elided, Sequence } from './kept-steps.js';
import type { OwnMessage } from './message.js';
import type { Step } from './step.js';

/** A packet of the sequence as JSON has it. Times in seconds, lengths in bytes; numbers of segments as on the wire. */
export function stepJson({ packet, sequence, acknowledgement, offset, delta, inFlight, marks }: Step) {
  return {
    packet: packet.number,
    time: timeText(packet.seconds, packet.nanos),
    offset: offset / 1e9,
    delta: delta / 1e9,
    from: packet.from,
    flags: flagsText(packet.flags),
    seq: sequence,
    ack: acknowledgement,
    'seq.wire': packet.sequence,
    'ack.wire': acknowledgement === null ? null : packet.acknowledgement,
    length: packet.payload,
    window: packet.window,
    'window.scale': packet.windowScale,
    ttl: packet.ttl,
    'ip.id': packet.ipId,
    'in.flight': inFlight,
    marks,
  };
}

/** Packets left out. */
function elidedJson({ counts, nanos }: Elided) {
  const { packets, bytes, marks } = counts;
  return {
    elided: packets.client + packets.server,
    duration: Math.max(0, nanos) / 1e9,
    'packets.clt': packets.client,
    'packets.srv': packets.server,
    'bytes.clt': bytes.client,
    'bytes.srv': bytes.server,
    'marks.clt': marks.client,
    'marks.srv': marks.server,
  };
}

/** An ICMP message about a segment of the connection. */
function messageJson({ about, text, frame }: OwnMessage) {
  return { packet: frame.number, time: timeText(frame.seconds, frame.nanos), about, text };
}

export type StepJson = ReturnType<typeof stepJson>;
export type SequenceJson = ReadonlyArray<StepJson | ReturnType<typeof elidedJson>>;

export function sequenceJson({ rows }: Sequence): SequenceJson {
  return rows.map((row) => ('step' in row ? stepJson(row.step) : elidedJson(row.elided)));
}

/** The explanation as `--format json` prints it. */
export function explanationJson(explanation: ConnectionExplanation) {
  const { facts, stream, verdict, limits, displayFilter, sequence, messages } = explanation;
  return {
    connection: facts,
    stream,
    verdict,
    limits,
    displayFilter,
    sequence: sequenceJson(sequence),
    messages: messages.shown.map(messageJson),
    'messages.more': messages.more,
  };
}
