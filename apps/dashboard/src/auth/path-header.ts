/** Tells a page its own address, which Next keeps from it. */
export const PATH_HEADER = 'x-atpar-path'
