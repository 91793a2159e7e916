// How does a command read a file that a person named?
export { readNamedFile } from '../storage/named-file.ts'
