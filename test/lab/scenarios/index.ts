import type { Scenario } from '../bench.js';
import { abortScenarios } from './abort.js';
import { byRstScenarios } from './by-rst.js';
import { deadScenarios } from './dead.js';
import { idleScenarios } from './idle.js';
import { injectedScenarios } from './injected.js';
import { lateScenarios } from './late.js';
import { normalScenarios } from './normal.js';
import { probeScenarios } from './probe.js';
import { setupScenarios } from './setup.js';

/** Every way of closing that the laboratory knows. */
export const scenarios: readonly Scenario[] = [
  ...setupScenarios,
  ...probeScenarios,
  ...normalScenarios,
  ...abortScenarios,
  ...byRstScenarios,
  ...lateScenarios,
  ...deadScenarios,
  ...idleScenarios,
  ...injectedScenarios,
];
