import { deleteDueContents } from '@atpar/db/kept-contents'
import type { Deps } from '../deps.ts'

/** Deletes prompts and answers that are past their time, or kept longer than their policy says by now. */
export const forgetContents = async ({
  pool,
  log,
}: Pick<Deps, 'pool'> & { readonly log: Pick<Deps['log'], 'info'> }): Promise<void> => {
  const requests = await deleteDueContents(pool)
  if (requests > 0) log.info('contents-forgotten', { requests })
}
