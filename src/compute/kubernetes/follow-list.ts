// How is a list of objects kept up to date? By a list, then a watch, then again, whatever breaks.
import * as z from 'zod'
import { pause } from '../../core/pause.ts'
import { jitter } from './cluster-api.ts'
import type { ClusterApi } from './cluster-api.ts'
import { type ApiProblem, unreadableAnswer } from './api-problem.ts'
import type { Log } from '../../core/log.ts'
import type { Random } from '../../core/clock.ts'
import { jsonLines } from './json-lines.ts'
import { apiVersion } from './lease-job.ts'

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 10_000
/** A server sends a bookmark a minute; one that is silent for longer is gone, whatever its socket says. */
const SILENCE_MS = 90_000
// Small ones are read and forgotten before the collector of garbage moves them among what stays.
const PAGE = '50'

export interface Followed<Read> {
  kind: 'jobs' | 'pods'
  /** What of an object is kept; undefined for one that is none of ours. */
  read(object: unknown): Read | undefined
  /** All objects are listed again this often, in milliseconds. */
  relistMs: number
  /** All objects as they were at a version. */
  onList(objects: readonly Read[], resourceVersion: string): void
  /** One object was added or changed, or is gone. */
  onChange(object: Read, gone: boolean): void
  /** What happened since the last event is not known; the list that follows is. */
  onGap(): void
}

/** All objects of one kind as the cluster had them at a version, or why they could not be had. */
export type Listed<Read> = { objects: Read[]; resourceVersion: string } | { problem: ApiProblem }

/** What is followed: whoever wants a list gets one that is asked for from now on, and the watch goes on from the same. */
export interface FollowedList<Read> {
  list(): Promise<Listed<Read>>
  /** Settles when nothing is followed any more. */
  over: Promise<void>
}

interface FollowPlace {
  api: ClusterApi
  random: Random
  log: Log
  signal: AbortSignal
}

/** Follows until the signal fires. */
export function followList<Read>(place: FollowPlace, followed: Followed<Read>): FollowedList<Read> {
  const asked: Asked<Read> = { bell: new AbortController(), tell: [], isOver: false }
  const over = follow(place, followed, asked).finally(() => {
    asked.isOver = true
    for (const tell of asked.tell.splice(0)) tell({ problem: NOT_FOLLOWED })
  })
  return {
    list: async () => {
      if (place.signal.aborted || asked.isOver) return { problem: NOT_FOLLOWED }
      const listed = new Promise<Listed<Read>>((resolve) => asked.tell.push(resolve))
      asked.bell.abort()
      return listed
    },
    over,
  }
}

/** Those who wait for the next list, and what calls for it. */
interface Asked<Read> {
  bell: AbortController
  tell: ((listed: Listed<Read>) => void)[]
  /** Nothing is listed any more. */
  isOver: boolean
}

const NOT_FOLLOWED: ApiProblem = {
  kind: 'unavailable',
  status: 0,
  message: 'the cluster is not followed any more',
}

async function follow<Read>(place: FollowPlace, followed: Followed<Read>, asked: Asked<Read>): Promise<void> {
  const { api, random, log, signal } = place
  let failures = 0
  let broken = false
  while (!signal.aborted) {
    asked.bell = new AbortController()
    const { signal: wanted } = asked.bell
    // Who asks from here on wants to know what is after this one.
    const waiting = asked.tell.splice(0)
    const listed = await listFor(waiting, api, followed)
    if (signal.aborted) break
    if ('problem' in listed) {
      failures += 1
      broken = true
      log.warn({ kind: followed.kind, reason: listed.problem.message }, 'the cluster could not be listed')
    } else {
      if (broken) followed.onGap()
      broken = false
      const end = await watchFrom(place, followed, { from: listed.resourceVersion, wanted })
      if (end.heard) failures = 0
      if (end.why !== 'time') {
        failures += 1
        broken = true
        log.debug({ kind: followed.kind, reason: end.why }, 'the watch of the cluster ended')
      }
    }
    if (failures > 0) {
      const ms = jitter(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS), random)
      await pause(ms, AbortSignal.any([signal, wanted]))
    }
  }
}

/** Lists, and tells those who wait for it whatever becomes of it. */
async function listFor<Read>(
  waiting: Asked<Read>['tell'],
  api: ClusterApi,
  followed: Followed<Read>,
): Promise<Listed<Read>> {
  let told: Listed<Read> = { problem: NOT_FOLLOWED }
  try {
    const listed = await listAll(api, followed.kind, followed.read)
    if (!('problem' in listed)) followed.onList(listed.objects, listed.resourceVersion)
    told = listed
    return listed
  } finally {
    for (const tell of waiting) tell(told)
  }
}

const listSchema = z.object({
  metadata: z.object({ resourceVersion: apiVersion, continue: z.string().optional() }),
  items: z.array(z.unknown()),
})

/** All objects of ours of one kind. What is not kept of them is let go with every page: whole, thousands would fill the memory. */
export async function listAll<Read>(
  api: ClusterApi,
  kind: Followed<Read>['kind'],
  read: Followed<Read>['read'],
): Promise<Listed<Read>> {
  const objects: Read[] = []
  let token = ''
  for (;;) {
    const next = token === '' ? {} : { continue: token }
    const answer = await api.list(kind, { labelSelector: api.placing.selector, limit: PAGE, ...next })
    if (!answer.ok) return { problem: answer.problem }
    const page = listSchema.safeParse(answer.body)
    if (!page.success) return { problem: unreadableAnswer(200) }
    const { items, metadata } = page.data
    objects.push(...items.map(read).filter((object) => object !== undefined))
    token = metadata.continue ?? ''
    if (token === '') return { objects, resourceVersion: metadata.resourceVersion }
  }
}

const eventSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
})
const versionSchema = z.object({ metadata: z.object({ resourceVersion: apiVersion }) })

interface WatchEnd {
  why: string
  /** Something was heard: the next failure is the first one. */
  heard: boolean
}

/** Tells what changes from a version on until all has to be listed again: in time, because somebody wants it, or because something broke. */
export async function watchFrom<Read>(
  { api, signal }: FollowPlace,
  followed: Followed<Read>,
  { from: listedAt, wanted }: { from: string; wanted: AbortSignal },
): Promise<WatchEnd> {
  const relist = AbortSignal.any([AbortSignal.timeout(followed.relistMs), wanted])
  let from = listedAt
  let heard = false
  while (!relist.aborted && !signal.aborted) {
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(), SILENCE_MS)
    try {
      const stream = await api.connection.open({
        method: 'GET',
        path: api.path(followed.kind),
        query: {
          labelSelector: api.placing.selector,
          watch: 'true',
          allowWatchBookmarks: 'true',
          resourceVersion: from,
        },
        signal: AbortSignal.any([signal, relist, silence.signal]),
      })
      if (!stream.ok) return { why: relist.aborted ? 'time' : stream.problem.message, heard }
      for await (const line of jsonLines(stream.chunks)) {
        timer.refresh()
        const { type, object } = eventSchema.parse(line)
        if (type === 'ERROR') return { why: 'the watch is too old', heard }
        heard = true
        from = versionSchema.parse(object).metadata.resourceVersion
        const known = type === 'BOOKMARK' ? undefined : followed.read(object)
        if (known !== undefined) followed.onChange(known, type === 'DELETED')
      }
    } catch (error) {
      if (relist.aborted || signal.aborted) break
      return { why: error instanceof Error ? error.message : String(error), heard }
    } finally {
      clearTimeout(timer)
    }
  }
  return { why: 'time', heard }
}
