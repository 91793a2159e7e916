/** The one unit of this wallet. */
export const UNIT = 'sat'
