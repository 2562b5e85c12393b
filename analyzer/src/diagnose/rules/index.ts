import type { Rule } from '../rule.js';
import { abortRules } from './abort.js';
import { closesByRstRules } from './closes-by-rst.js';
import { deadPeerRules } from './dead-peer.js';
import { feedRules } from './feed.js';
import { idleRules } from './idle.js';
import { injectedRules } from './injected.js';
import { lateRules } from './late.js';
import { normalRules } from './normal.js';
import { refusalRules } from './refusal.js';
import { setupRules } from './setup.js';
import { stageRules } from './stage.js';
import { unreachableRules } from './unreachable.js';

/** All rules, in the order in which their evidence is told. */
export const rules: readonly Rule[] = [
  ...stageRules,
  ...feedRules,
  ...refusalRules,
  ...unreachableRules,
  ...setupRules,
  ...normalRules,
  ...abortRules,
  ...lateRules,
  ...deadPeerRules,
  ...idleRules,
  ...closesByRstRules,
  ...injectedRules,
];
