// All hand-written scenarios, in the order in which they are played.
import { deletionDuringOutage, outageAndNodeCrash, outageAndSpeakerRestart } from './api-outage.ts';
import { askedAlone, bothFamilies, foreignIpv6, ipv6Alone, strangerAsks } from './families.ts';
import { arpSuppressed, replayed, unicastsLost } from './fabric.ts';
import { drainByTaint, speakerAskedToEnd, targetDies } from './drain.ts';
import { foreignFirst, foreignLater } from './foreign-host.ts';
import {
  crashInHeavyLoss,
  crashInLoss,
  halfLost,
  heavyLoss,
  lossInBursts,
  multicastFiltered,
  silentKernel,
  udpFiltered,
  udpFilteredFromTheStart,
} from './lan-trouble.ts';
import { carrierBlinks, carrierFlaps, carrierLost, deafLink, muteLink } from './links.ts';
import { cableOfOneLan, crashOnTwoLans, oneLanDeaf, oneLanInHalves, oneLanLosesUdp } from './two-lans.ts';
import { oneOfTwoCutOff, oneOfTwoWithoutClients, routerAbsent, switchDies } from './two-nodes.ts';
import { bothLive, newOneDies, surgeUpgrade } from './upgrade.ts';
import { clockStepsUnderALease } from './clock-steps-under-a-lease.ts';
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
import {
  fiveOfTenCrash,
  fourOfTenCrash,
  mostNodesCrash,
  nodeCrash,
  oneOfTwoCrashes,
  sixOfTenCrash,
  twoNodesCrash,
} from './node-crash.ts';
import {
  cutFromTheApi,
  partitionFlapping,
  partitionInHalves,
  partitionOfOne,
  partitionOfThree,
  partitionOneWay,
} from './partition-and-heal.ts';
import {
  allPaused,
  clocksStep,
  clusterPaused,
  frozen,
  garbageCollection,
  wireHung,
  wirePaused,
  wirePausedBriefly,
} from './pauses.ts';
import { nodeExcluded } from './node-excluded.ts';
import { macChanges, macChangesIpv6 } from './mac-changes.ts';
import { patienceAsked } from './patience-asked.ts';
import { oldQuestions } from './old-questions.ts';
import { advertisementReplaced } from './advertisement-replaced.ts';
import { releasedBeforeGiven } from './released-before-given.ts';
import { poolsEmptiedByMistake } from './pools-emptied-by-mistake.ts';
import { restartWithPendingServices } from './restart-with-pending-services.ts';
import { rollingRestart } from './rolling-restart.ts';
import {
  drainSaidFirst,
  restartKnowingNothing,
  restartWithoutApi,
  routersFail,
  routesChange,
  speakersRestart,
  steadyRoutes,
} from './routers.ts';
import type { Scenario } from './scenario.ts';
import { sharersEdited } from './sharers-edited.ts';
import { speakerCrash, diesWhileListening, speakerCrashLoop } from './speaker-crash.ts';
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
  clockStepsUnderALease,
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
  advertisementReplaced,
  releasedBeforeGiven,
  restartWithPendingServices,
  thousandServicesInABrownOut,
  watchGapDuringPoolEdit,
  emptyListFromRestartingApiserver,
  lostDeleted,
  idleWatches,
  watchesThatBreak,
  patienceAsked,
  goneVersions,
  laggingReplicas,
  nodeCrash,
  twoNodesCrash,
  mostNodesCrash,
  oneOfTwoCrashes,
  fourOfTenCrash,
  fiveOfTenCrash,
  sixOfTenCrash,
  oneOfTwoCutOff,
  oneOfTwoWithoutClients,
  routerAbsent,
  switchDies,
  heavyLoss,
  halfLost,
  lossInBursts,
  udpFiltered,
  udpFilteredFromTheStart,
  multicastFiltered,
  silentKernel,
  crashInLoss,
  crashInHeavyLoss,
  deafLink,
  muteLink,
  carrierLost,
  carrierBlinks,
  carrierFlaps,
  foreignFirst,
  foreignLater,
  drainByTaint,
  targetDies,
  speakerAskedToEnd,
  surgeUpgrade,
  bothLive,
  newOneDies,
  outageAndNodeCrash,
  outageAndSpeakerRestart,
  deletionDuringOutage,
  nodeExcluded,
  speakerCrash,
  speakerCrashLoop,
  diesWhileListening,
  rollingRestart,
  partitionInHalves,
  partitionOfOne,
  partitionOfThree,
  partitionOneWay,
  partitionFlapping,
  cutFromTheApi,
  garbageCollection,
  wirePaused,
  wirePausedBriefly,
  wireHung,
  allPaused,
  clusterPaused,
  frozen,
  macChanges,
  macChangesIpv6,
  oldQuestions,
  frozenPastItsAddresses,
  clocksStep,
  localEndpointsTerminate,
  localSharers,
  coldStart,
  singleNode,
  firstNodeAlone,
  ipv6Alone,
  bothFamilies,
  strangerAsks,
  askedAlone,
  foreignIpv6,
  oneLanInHalves,
  oneLanLosesUdp,
  oneLanDeaf,
  cableOfOneLan,
  crashOnTwoLans,
  arpSuppressed,
  unicastsLost,
  replayed,
  speakersRestart,
  restartWithoutApi,
  restartKnowingNothing,
  routersFail,
  routesChange,
  steadyRoutes,
  drainSaidFirst,
];
