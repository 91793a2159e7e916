// How are data from outside checked in a command that ends in a second? Without compiling the schemas first: that pays only in the daemon.
import * as z from 'zod'

/** For the schemas that are made from now on. Compiling those of one purchase takes longer than interpreting them. */
export function interpretSchemas(): void {
  z.config({ jitless: true })
}
