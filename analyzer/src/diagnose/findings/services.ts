import { abortRules } from './aborts.js';
import { closingRules } from './closings.js';
import type { Ended, Finding, Thresholds } from './finding.js';
import { groupByService } from './groups.js';
import { refusalRules } from './refusals.js';
import { silenceRules } from './silence.js';
import { timerRules } from './timers.js';

const rules = [...refusalRules, ...silenceRules, ...abortRules, ...timerRules, ...closingRules];

/** What is wrong with one service: all connections to a port of a server, those of scanners left out. */
export function services(all: readonly Ended[], thresholds: Thresholds): Finding[] {
  const found: Finding[] = [];
  for (const group of groupByService(all)) {
    const { server, port } = group[0] as Ended;
    for (const rule of rules) {
      const finding = rule(server, port, group, thresholds);
      if (finding !== null) {
        found.push(finding);
      }
    }
  }
  return found;
}
