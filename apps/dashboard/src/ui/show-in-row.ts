/** The ref of the current link in a row that scrolls sideways where it is narrow: brings it into sight without moving the page. */
export const showInRow = (link: HTMLAnchorElement | null): void => {
  const row = link?.parentElement
  if (link === null || row === null || row === undefined) return
  const overlap = link.offsetLeft + link.offsetWidth - row.offsetLeft - row.clientWidth
  if (overlap > row.scrollLeft) row.scrollLeft = overlap + link.offsetWidth
}
