// What does a kubelet write into the status of a pod of ours?
import type { PodObject } from './pod-spec.ts'

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`

function condition(type: string, isTrue: boolean, more: object = {}): object {
  return { type, status: isTrue ? 'True' : 'False', lastTransitionTime: now(), ...more }
}

function conditions(ready: boolean): object[] {
  return [
    condition('PodScheduled', true),
    condition('Initialized', true),
    condition('ContainersReady', ready),
    condition('Ready', ready),
  ]
}

interface ContainerOptions {
  ready: boolean
  restarts: number
  state: object
}

function containerStatus(name: string, image: string, { ready, restarts, state }: ContainerOptions): object {
  return { name, image, imageID: image, ready, started: ready, restartCount: restarts, state }
}

/** The SSH server runs (or is down between two runs), and so, since `heldSince`, does the container that holds the pod. */
export function runningStatus(
  pod: PodObject,
  ready: boolean,
  restarts: number,
  heldSince = new Date(),
): object {
  const running = { running: { startedAt: now() } }
  const held = { running: { startedAt: `${heldSince.toISOString().slice(0, 19)}Z` } }
  const done = { terminated: { exitCode: 0, reason: 'Completed', startedAt: now(), finishedAt: now() } }
  return {
    phase: 'Running',
    startTime: now(),
    hostIP: '127.0.0.1',
    podIP: '10.244.0.1',
    podIPs: [{ ip: '10.244.0.1' }],
    conditions: conditions(ready),
    initContainerStatuses: pod.spec.initContainers.map(({ name, image, restartPolicy }) =>
      restartPolicy === 'Always'
        ? containerStatus(name, image, {
            ready,
            restarts,
            state: ready ? running : { waiting: { reason: 'Restarting' } },
          })
        : containerStatus(name, image, { ready: true, restarts: 0, state: done }),
    ),
    containerStatuses: pod.spec.containers.map(({ name, image }) =>
      containerStatus(name, image, { ready: true, restarts: 0, state: held }),
    ),
  }
}

/** All containers have ended; the phase follows from the exit code of the one that holds the pod. */
export function endedStatus(pod: PodObject, exitCode: number, reason?: string): object {
  const state = {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: now(),
      finishedAt: now(),
    },
  }
  return {
    phase: exitCode === 0 && reason === undefined ? 'Succeeded' : 'Failed',
    ...(reason === undefined ? {} : { reason }),
    conditions: conditions(false),
    containerStatuses: pod.spec.containers.map(({ name, image }) =>
      containerStatus(name, image, { ready: false, restarts: 0, state }),
    ),
  }
}

/** Nothing runs: an image is not there. */
export function waitingStatus(pod: PodObject, reason: string, message: string): object {
  return {
    phase: 'Pending',
    startTime: now(),
    conditions: [condition('PodScheduled', true), condition('Ready', false)],
    initContainerStatuses: pod.spec.initContainers.map(({ name, image }) =>
      containerStatus(name, image, { ready: false, restarts: 0, state: { waiting: { reason, message } } }),
    ),
  }
}

/** What the scheduler writes where no node has room. */
export function unschedulableStatus(message: string): object {
  return { conditions: [condition('PodScheduled', false, { reason: 'Unschedulable', message })] }
}
