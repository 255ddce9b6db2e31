import { handleRequest } from '../../../../api/handle-request.ts'

export const dynamic = 'force-dynamic'

const answer = async (
  request: Request,
  { params }: { readonly params: Promise<{ readonly path: readonly string[] }> },
) => handleRequest(request, (await params).path)

export { answer as DELETE, answer as GET, answer as PATCH, answer as POST, answer as PUT }
