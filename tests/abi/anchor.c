/* Names every type of the interface, so that its debug information says all of them: what abidiff
 * compares. */
#include "prx/plugin.h"

extern PRX_EXPORT const prx_plugin* (*const anchor_query)(void);
extern PRX_EXPORT const prx_provider* const anchor_provider;
extern PRX_EXPORT const prx_host* const anchor_host;
extern PRX_EXPORT const prx_log* const anchor_log;
extern PRX_EXPORT const prx_http* const anchor_http;
extern PRX_EXPORT const prx_exec* const anchor_exec;
extern PRX_EXPORT const prx_secret* const anchor_secret;
extern PRX_EXPORT const prx_event* const anchor_event;

const prx_plugin* (*const anchor_query)(void) = NULL;
const prx_provider* const anchor_provider = NULL;
const prx_host* const anchor_host = NULL;
const prx_log* const anchor_log = NULL;
const prx_http* const anchor_http = NULL;
const prx_exec* const anchor_exec = NULL;
const prx_secret* const anchor_secret = NULL;
const prx_event* const anchor_event = NULL;
