import { AppError } from '../../../domain/errors.js';
import { defaultUserId, readId } from '../../../domain/ids.js';
import type { Principal } from '../../../domain/user.js';
import type { CallBase } from '../../route.js';
import type { Dialect } from '../../mount.js';
import { nativeDialect } from '../errors.js';

/** How its servers wrote the id of the default user. */
const shortDefaultUser = 'user-00000000';

/** The native dialect as Letta 0.4 spoke it: every path under `/latest` too, and a header that names the user. */
export const lettaDialect: Dialect = {
  ...nativeDialect,
  pathsOf: (path) => (path.startsWith('/v1/') ? [path, path.replace('/v1/', '/latest/')] : [path]),
  serve: async ({ route, base, proceed }) => {
    if (route.access !== 'user') return proceed();
    return proceed({ ...base, principal: await actingUser(base) });
  },
};

/** Whom a request acts as: an administrator may name any user, everybody else only themselves. */
async function actingUser({ principal, headers, services }: CallBase): Promise<Principal | null> {
  const named = headers['user_id'];
  if (typeof named !== 'string' || named === '' || principal === null) return principal;
  const id = named === shortDefaultUser ? defaultUserId : readId('user', named);
  if (id === principal.userId) return principal;
  if (principal.role !== 'admin') throw new AppError('forbidden', 'Only an administrator may act as another user.');
  if (id === null || (await services.users.find(principal, id)) === null) {
    throw new AppError('unauthenticated', `User with id ${named} not found`);
  }
  return { userId: id, role: 'user' };
}
