// Interfaces, addresses and gateways of Linux, by netlink (rtnetlink(7)). It needs no privilege.
import type { Clock } from '#shared/runtime/clock.ts';
import { Runner } from '#shared/runtime/runner.ts';
import type { HostNetwork, HostNetworkState } from '../l2/host-network.ts';
import { linux } from './linux.ts';
import { stateOf } from './network-view.ts';
import {
  initialNetworkWatch,
  stepNetworkWatch,
  type NetworkWatchEffect,
  type NetworkWatchEvent,
  type NetworkWatchState,
} from './network-watch.ts';
import { netlinkAddress } from './socket-address.ts';
import { bind, close, errnoName, recv, send, setSocketOption, socket, SystemCallError, watchFd } from './syscall.ts';

/** The kernel sends no larger datagram. */
const bufferOctets = 65_536;
/** The rest comes with the next event. */
const maxDatagramsPerTurn = 64;
/** Room for the events of a few hundred interfaces that change at once. */
const receiveBufferOctets = 1_048_576;

export class LinuxHostNetwork implements HostNetwork {
  readonly #clock: Clock;
  readonly #receiveBufferOctets: number;
  readonly #buffer = new Uint8Array(bufferOctets);
  #end: (() => void) | undefined;

  constructor(options: { readonly receiveBufferOctets?: number }, dependencies: { readonly clock: Clock }) {
    this.#receiveBufferOctets = options.receiveBufferOctets ?? receiveBufferOctets;
    this.#clock = dependencies.clock;
  }

  /** Throws SystemCallError when the machine has no netlink. */
  start(changed: (state: HostNetworkState) => void): void {
    const fd = socket(linux.AF_NETLINK, linux.SOCK_RAW, linux.NETLINK_ROUTE);
    const room = new Uint8Array(Uint32Array.of(this.#receiveBufferOctets).buffer);
    setSocketOption(fd, linux.SOL_SOCKET, linux.SO_RCVBUF, room);
    bind(fd, netlinkAddress(linux.RTMGRP_LINK | linux.RTMGRP_IPV4_IFADDR | linux.RTMGRP_IPV6_IFADDR));
    const runner = new Runner<NetworkWatchState, NetworkWatchEvent, NetworkWatchEffect>(
      { initial: initialNetworkWatch, step: stepNetworkWatch },
      this.#clock,
      (effect) => {
        if (effect.kind === 'changed') changed(stateOf(effect.view));
        // A request that was not taken is a dump that never ends: the next one is asked for in its time.
        else if (send(fd, effect.bytes) < 0) runner.dispatch({ kind: 'overflow' });
      },
    );
    const watch = watchFd(fd, () => this.#read(fd, runner));
    this.#end = () => {
      runner.stop();
      watch.close();
      close(fd);
    };
    runner.dispatch({ kind: 'start' });
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
  }

  #read(fd: number, runner: Runner<NetworkWatchState, NetworkWatchEvent, NetworkWatchEffect>): void {
    for (let datagrams = 0; this.#end !== undefined && datagrams < maxDatagramsPerTurn; datagrams++) {
      const result = recv(fd, this.#buffer);
      if (result >= 0) {
        // The engine may keep what waits for the end of a dump.
        runner.dispatch({ kind: 'received', datagram: this.#buffer.slice(0, result) });
        continue;
      }
      const code = errnoName(-result);
      if (code === 'EAGAIN') return;
      if (code !== 'ENOBUFS') throw new SystemCallError('recv', -result);
      runner.dispatch({ kind: 'overflow' });
    }
  }
}
