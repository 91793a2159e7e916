// Which requests did the API server get, from whom, and what did it say?
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { temporaryFolder } from './peers/temporary-folder.ts'

const eventSchema = z.object({
  stage: z.string(),
  verb: z.string(),
  requestURI: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z.object({ resource: z.string(), name: z.string().optional() }).optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
})

export type AuditEvent = z.output<typeof eventSchema>

export interface AuditLog {
  /** For `startCluster`. */
  readonly apiserverArgs: string[]
  /** All requests whose user's name ends so. */
  requestsOf(user: string): AuditEvent[]
}

/** A log of every request, written at its end; of a watch at its beginning. */
export function auditLog(): AuditLog {
  const folder = temporaryFolder('audit')
  const [policy, log] = [join(folder, 'policy.yaml'), join(folder, 'audit.log')]
  writeFileSync(policy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]\n')
  return {
    apiserverArgs: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking'],
    requestsOf: (user) =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => eventSchema.parse(JSON.parse(line)))
        .filter(({ stage, verb }) => stage === (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete'))
        .filter(({ user: { username } }) => username.endsWith(user)),
  }
}
