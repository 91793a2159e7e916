// Where can a death cost money? At every journal write and every effect on the world outside; found in the sources, so that a new one cannot be forgotten.
import { parseSync } from 'rolldown/utils'
import type { ESTree } from 'rolldown/utils'

/** One call that changes something outside the process's memory. */
export interface Seam {
  /** File below src/, function, what is called, and a number where one function does it more than once. */
  name: string
  /** Offsets of the whole call in the source. */
  start: number
  end: number
}

interface Rule {
  /** Called what, of whom, in which folders of src/. */
  method: RegExp
  receiver: RegExp
  folders: RegExp
}

/** The journal, the mint, the relays and the machines. */
const RULES: readonly Rule[] = [
  { method: /^transaction$/, receiver: /./, folders: /^(wallet|client|provider|storage)\// },
  {
    method: /^(swap|mint|createQuote|restore|states)$/,
    receiver: /(^|\.)mint$|connection\([^)]*\)$/,
    folders: /^wallet\//,
  },
  { method: /^publish$/, receiver: /(^|\.)(hub|visitors)$/, folders: /^(doors|nostr)\// },
  {
    method: /^(reserve|start|waitReady|setEnd|end)$/,
    receiver: /(^|\.)compute$/,
    folders: /^provider\//,
  },
]

type Node = ESTree.Node

/** The seams of one source file, in order. `file` is its path below src/. */
export function findSeams(file: string, source: string): Seam[] {
  const rules = RULES.filter(({ folders }) => folders.test(file))
  if (rules.length === 0) return []
  const { program, errors } = parseSync(file, source, { lang: 'ts', sourceType: 'module' })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message ?? 'cannot be parsed'}`)
  const seams: Seam[] = []
  const counts = new Map<string, number>()
  walk(program, [], (node, path) => {
    if (node.type !== 'CallExpression') return
    const called = calledOn(node.callee, source)
    if (called === undefined || passesOn(path.at(-1), node)) return
    const { method, receiver } = called
    if (!rules.some((rule) => rule.method.test(method) && rule.receiver.test(receiver))) return
    const name = `${file} ${functionAround(path)} ${method}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    seams.push({ name: count === 1 ? name : `${name}#${count}`, start: node.start, end: node.end })
  })
  return seams
}

/** The source with a fail point before and after every seam. `runtime` is the module that has them. */
export function withFailPoints(file: string, source: string, runtime: string): string | undefined {
  const seams = findSeams(file, source)
  if (seams.length === 0) return undefined
  let text = source
  // From the end, so that offsets stay true; one seam inside another is never cut.
  const edits = seams
    .flatMap(({ name, start, end }) => {
      const word = JSON.stringify(name)
      return [
        { at: start, rank: start, text: `afterSeam(${word}, (beforeSeam(${word}), ` },
        { at: end, rank: -start, text: '))' },
      ]
    })
    .toSorted((a, b) => b.at - a.at || a.rank - b.rank)
  for (const { at, text: added } of edits) text = text.slice(0, at) + added + text.slice(at)
  return `import { afterSeam, beforeSeam } from ${JSON.stringify(runtime)};${text}`
}

/** What is called of whom; `transaction` is also handed around by itself. */
function calledOn(callee: Node, source: string): { method: string; receiver: string } | undefined {
  if (callee.type === 'Identifier' && callee.name === 'transaction')
    return { method: callee.name, receiver: 'itself' }
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
  const { object, property } = callee
  return { method: property.name, receiver: source.slice(object.start, object.end) }
}

/** `(work) => database.transaction(work)`: the same thing under another name. */
function passesOn(parent: Node | undefined, call: ESTree.CallExpression): boolean {
  if (parent?.type !== 'ArrowFunctionExpression' || parent.body !== call) return false
  const names = (nodes: readonly Node[]): string[] =>
    nodes.map((node) => (node.type === 'Identifier' ? node.name : '?'))
  return parent.params.length > 0 && names(parent.params).join() === names(call.arguments).join()
}

/** The name of the innermost function that has one. */
function functionAround(path: readonly Node[]): string {
  for (let index = path.length - 1; index >= 0; index--) {
    const node = path[index]
    const parent = path[index - 1]
    if (node?.type === 'FunctionDeclaration' && node.id !== null) return node.id.name
    if (node?.type !== 'FunctionExpression' && node?.type !== 'ArrowFunctionExpression') continue
    if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name
    if ((parent?.type === 'MethodDefinition' || parent?.type === 'Property') && 'name' in parent.key)
      return String(parent.key.name)
  }
  return 'module'
}

function walk(node: Node, path: readonly Node[], visit: (node: Node, path: readonly Node[]) => void): void {
  visit(node, path)
  const inside = [...path, node]
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, inside, visit)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
