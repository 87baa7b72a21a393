// All hand-written scenarios, in the order in which they are played.
import { coldStart, firstNodeAlone, singleNode } from './cold-start.ts';
import { handedOverBehindALaggingWatch, poolsCannotBeRead } from './controller-change.ts';
import { controllerCrashAfterEachWrite } from './controller-crash-after-each-write.ts';
import { controllerLeaderKilled } from './controller-leader-killed.ts';
import { emptyListFromRestartingApiserver } from './empty-list-from-restarting-apiserver.ts';
import { frozenPastItsAddresses } from './frozen-past-its-addresses.ts';
import { leaderWithoutAList } from './leader-without-a-list.ts';
import { leaderPausedPastItsLease } from './leader-paused-past-its-lease.ts';
import { localEndpointsTerminate, localSharers } from './local-endpoints.ts';
import { goneVersions, idleWatches, laggingReplicas, lostDeleted, watchesThatBreak } from './lost-watch-events.ts';
import { mostNodesCrash, nodeCrash, oneOfTwoCrashes, twoNodesCrash } from './node-crash.ts';
import {
  cutFromTheApi,
  partitionFlapping,
  partitionInHalves,
  partitionOfOne,
  partitionOneWay,
} from './partition-and-heal.ts';
import { allPaused, clocksStep, clusterPaused, frozen, garbageCollection, wireHung, wirePaused } from './pauses.ts';
import { nodeExcluded } from './node-excluded.ts';
import { macChanges } from './mac-changes.ts';
import { oldQuestions } from './old-questions.ts';
import { releasedBeforeGiven } from './released-before-given.ts';
import { poolsEmptiedByMistake } from './pools-emptied-by-mistake.ts';
import { restartWithPendingServices } from './restart-with-pending-services.ts';
import { rollingRestart } from './rolling-restart.ts';
import type { Scenario } from './scenario.ts';
import { sharersEdited } from './sharers-edited.ts';
import { speakerCrash, speakerCrashLoop } from './speaker-crash.ts';
import {
  behindALaggingWatch,
  outageDuringCreation,
  staleCache,
  timeOutAfterCommit,
  unansweredAndFreed,
  unansweredAndOvertaken,
} from './stale-and-lost.ts';
import { thousandServicesInABrownOut } from './thousand-services-in-a-brown-out.ts';
import { twoControllersLead } from './two-controllers-lead.ts';
import { watchGapDuringPoolEdit } from './watch-gap-during-pool-edit.ts';

export const scenarios: readonly Scenario[] = [
  controllerLeaderKilled,
  controllerCrashAfterEachWrite,
  twoControllersLead,
  leaderWithoutAList,
  leaderPausedPastItsLease,
  poolsCannotBeRead,
  handedOverBehindALaggingWatch,
  staleCache,
  behindALaggingWatch,
  timeOutAfterCommit,
  unansweredAndFreed,
  unansweredAndOvertaken,
  sharersEdited,
  outageDuringCreation,
  poolsEmptiedByMistake,
  releasedBeforeGiven,
  restartWithPendingServices,
  thousandServicesInABrownOut,
  watchGapDuringPoolEdit,
  emptyListFromRestartingApiserver,
  lostDeleted,
  idleWatches,
  watchesThatBreak,
  goneVersions,
  laggingReplicas,
  nodeCrash,
  twoNodesCrash,
  mostNodesCrash,
  oneOfTwoCrashes,
  nodeExcluded,
  speakerCrash,
  speakerCrashLoop,
  rollingRestart,
  partitionInHalves,
  partitionOfOne,
  partitionOneWay,
  partitionFlapping,
  cutFromTheApi,
  garbageCollection,
  wirePaused,
  wireHung,
  allPaused,
  clusterPaused,
  frozen,
  macChanges,
  oldQuestions,
  frozenPastItsAddresses,
  clocksStep,
  localEndpointsTerminate,
  localSharers,
  coldStart,
  singleNode,
  firstNodeAlone,
];
