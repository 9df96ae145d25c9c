/** The library door: a whole server in one call, and the two ports that others may implement. */
export { composeHouse as createServer, type House, type HouseOptions } from './compose.js';
export { loadConfig, type Config, type ConfigSources } from './config.js';
export { createLogger, type Logger } from './logger.js';
export {
  ProviderError,
  type ModelEvent,
  type ModelRequest,
  type Provider,
  type ProviderRegistry,
} from './providers/provider.js';
export type { Tool, ToolContext } from './engine/tools/tool.js';
export type { Store } from './store/store.js';
