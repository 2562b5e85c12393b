import { dimensionOf, metricOf } from './names.js';

/** The columns of "TCP Events": counts and ratios side by side, both sides apart. */
export const tcpEvents = [
  'syn.count',
  'ct.count',
  'syn.ratio',
  'fin.count.clt',
  'fin.count.srv',
  'rst.count.clt',
  'rst.count.srv',
  'rst.ratio.srv',
  'refused.count',
  'noanswer.count',
].map(metricOf);

export const resetRatios = ['rst.ratio.clt', 'rst.ratio.srv'].map(metricOf);

export const serverResets = metricOf('rst.count.srv');

/** What conversations are told apart by beyond client, server and port, unless a query says otherwise. */
export const conversationDetails = ['application', 'client.zone', 'server.zone'].map(dimensionOf);

/** How connections and attempts end: the name in an answer and the counter behind it, regular ends first. */
export const closeMix = (
  [
    ['fin', 'close.fin'],
    ['finrst', 'close.finrst'],
    ['rst', 'close.rst'],
    ['refused', 'refused.count'],
    ['noanswer', 'noanswer.count'],
    ['halfopen', 'halfopen.count'],
    ['setupabort.clt', 'setupabort.clt'],
    ['setupabort.srv', 'setupabort.srv'],
    ['unclosed.idle', 'unclosed.idle'],
    ['unclosed.halfclosed.clt', 'unclosed.halfclosed.clt'],
    ['unclosed.halfclosed.srv', 'unclosed.halfclosed.srv'],
    ['unclosed.reused', 'unclosed.reused'],
    ['unclosed.memory', 'unclosed.memory'],
    ['unclosed.end', 'unclosed.end'],
  ] as const
).map(([close, name]) => ({ close, metric: metricOf(name) }));

/** Columns of single connections, as people read them: when, who, how it ended, how much. */
export const connectionColumns = [
  'start',
  'end',
  'duration',
  'client.ip',
  'client.port',
  'server.ip',
  'server.port',
  'application',
  'close',
  'cause',
  'confidence',
  'closer',
  'aborter',
  'stage',
  'state',
  'history',
  'ct',
  'rtt.clt',
  'rtt.srv',
  'packets.clt',
  'packets.srv',
  'bytes.clt',
  'bytes.srv',
  'syn.count',
  'fin.count.clt',
  'fin.count.srv',
  'rst.count.clt',
  'rst.count.srv',
  'retrans.count.clt',
  'retrans.count.srv',
  'zerowindow.count.clt',
  'zerowindow.count.srv',
  'dupack.count.clt',
  'dupack.count.srv',
  'client.zone',
  'server.zone',
  'vlan',
  'role',
  'midstream',
  'oneway',
  'probe',
] as const;
