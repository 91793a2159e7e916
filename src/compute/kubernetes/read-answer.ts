// Is a successful answer of the API server what was asked for?
import type * as z from 'zod'
import { type ApiProblem, unreadableAnswer } from './api-problem.ts'
import type { ApiAnswer } from './cluster-connection.ts'

const HTTP_OK = 200

export type ReadAnswer<Body> = { ok: true; body: Body } | { ok: false; problem: ApiProblem }

/** The answer as `schema` reads it: one that is something else says nothing, as if there were none. */
export function readAnswer<Schema extends z.ZodType>(
  answer: ApiAnswer,
  schema: Schema,
): ReadAnswer<z.output<Schema>> {
  if (!answer.ok) return answer
  const parsed = schema.safeParse(answer.body)
  return parsed.success ? { ok: true, body: parsed.data } : { ok: false, problem: unreadableAnswer(HTTP_OK) }
}
