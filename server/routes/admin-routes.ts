import { type AdminRouteName, ROUTES } from '../../core/api/route-descriptors.ts';
import type { Administration } from '../administration/administration.ts';
import type { AdminHandlers } from './admin/admin-handlers.ts';
import { handledRoute, isAdministration } from './handled-route.ts';
import type { RouteContext } from './route-context.ts';

/** Opens what the admin API works on. */
export type OpenAdministration = () => Promise<Administration>;

type AdminContext = RouteContext<AdminRouteName>;
type AdminHandler = (context: AdminContext) => Promise<void>;

/**
 * The handlers of the admin API. Most registries never use it, so its modules are loaded with the first request to it.
 * @param open called once, unless it fails
 */
export function adminRoutes(open: OpenAdministration): AdminHandlers {
  let loading: Promise<AdminHandlers> | undefined;
  const handlerOf = async (route: AdminRouteName, method: string): Promise<AdminHandler | undefined> => {
    loading ??= loadHandlers(open).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const handlers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = await loading;
    // Each was checked against its route; the context is that of its own route.
    return handlers[route]?.[method] as AdminHandler | undefined;
  };
  const lazy = ROUTES.filter(isAdministration).map(({ name, methods }) => [
    name,
    Object.fromEntries(
      methods.map(({ method }): [string, AdminHandler] => [
        method,
        async (context) => (await handlerOf(name as AdminRouteName, method))?.(context),
      ]),
    ),
  ]);
  return Object.fromEntries(lazy) as AdminHandlers;
}

/** @throws TypeError when a method has no handler, or a handler has no method */
async function loadHandlers(open: OpenAdministration): Promise<AdminHandlers> {
  const [{ adminHandlers }, administration] = await Promise.all([import('./admin/admin-handlers.ts'), open()]);
  const handlers = adminHandlers(administration);
  for (const route of ROUTES.filter(isAdministration)) handledRoute(route, handlers[route.name as AdminRouteName]);
  return handlers;
}
