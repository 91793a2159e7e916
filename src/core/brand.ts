// How is one kind of string told from another? By a type brand that exists only at compile time.

declare const brand: unique symbol

/** A string of one kind: assignable to `string`, but not the other way without its parser. */
export type Brand<Name extends string> = string & { readonly [brand]: Name }
