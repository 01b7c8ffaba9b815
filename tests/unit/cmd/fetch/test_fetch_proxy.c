/* Which proxy the environment names, and for which hosts it is not asked. */
#include "tests/unit/lib/harness.h"

#include "cmd/fetch/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static const char *const variables[] = {
    "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
    "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY",
};

static void forget_environment(void)
{
  for (size_t i = 0; i < LENGTH(variables); i++)
    unsetenv(variables[i]);
}

struct exemption {
  const char *host;
  uint16_t port;
  const char *no_proxy;
};

static void assert_exempt(const struct exemption *rows, size_t n, bool want)
{
  for (size_t i = 0; i < n; i++) {
    char host[256];
    snprintf(host, sizeof host, "%s", rows[i].host);
    struct http_url u = {.host = host, .port = rows[i].port, .bracketed = strchr(host, ':')};
    if (proxy_is_exempt(&u, rows[i].no_proxy) != want)
      fail_msg("%s port %u and '%s': not %s", host, rows[i].port, rows[i].no_proxy,
               want ? "exempt" : "to be asked for");
  }
}

static void hosts_domains_and_ports_are_exempt(void **state)
{
  static const struct exemption rows[] = {
      {"example.com", 80, "*"},
      {"10.0.0.1", 80, "*"},
      {"example.com", 80, "a,*,b"},
      {"example.com", 8080, "*:8080"},
      {"example.com", 80, "example.com"},
      {"example.com", 80, ".example.com"},
      {"www.example.com", 80, "example.com"},
      {"www.example.com", 80, ".example.com"},
      {"a.b.example.com", 80, "example.com"},
      {"example.com", 80, "Example.COM"},
      {"example.com", 80, "example.com."},
      {"example.com.", 80, "example.com"},
      {"example.com", 80, "a.net,example.com"},
      {"example.com", 80, "a.net, example.com"},
      {"example.com", 80, "a.net example.com"},
      {"example.com", 80, " ,, ,example.com ,"},
      {"example.com", 80, "example.com:80"},
      {"example.com", 443, "example.com:80 example.com:443"},
      {"www.example.com", 8080, ".example.com:8080"},
      {"localhost", 80, "localhost"},
  };
  (void)state;
  assert_exempt(rows, LENGTH(rows), true);
}

static void other_hosts_and_ports_are_not(void **state)
{
  static const struct exemption rows[] = {
      {"example.com", 80, NULL},
      {"example.com", 80, ""},
      {"example.com", 80, " , "},
      {"example.com", 80, "www.example.com"},
      {"badexample.com", 80, "example.com"},
      {"badexample.com", 80, ".example.com"},
      {"example.com.evil.net", 80, "example.com"},
      {"example.com", 80, "example.comm"},
      {"example.com", 80, "com.example"},
      {"example.com", 80, "."},
      {"example.com", 80, ":80"},
      {"example.com", 8080, "example.com:80"},
      {"example.com", 80, "*:8080"},
      {"example.com", 80, "example.com:"},
      {"example.com", 80, "example.com:80x"},
      {"example.com", 80, "example.com:65616"}, /* 80 and 2 to the 16 */
      {"example.com", 80, "[example.com"},
      {"example.com", 80, "example.com/8"},
      {"example.com", 80, "*/0"},
      {"example.com", 80, "*.net"},
      {"example.com", 80, "0.0.0.0/0"},
  };
  (void)state;
  assert_exempt(rows, LENGTH(rows), false);
}

static void addresses_and_networks_are_exempt(void **state)
{
  static const struct exemption rows[] = {
      {"10.1.2.3", 80, "10.1.2.3"},
      {"10.1.2.3", 8080, "10.1.2.3:8080"},
      {"10.1.2.3", 80, "10.0.0.0/8"},
      {"10.1.2.3", 80, "10.1.2.3/32"},
      {"10.1.2.3", 80, "10.1.3.0/23"},
      {"10.1.2.3", 80, "0.0.0.0/0"},
      {"10.1.2.3", 8080, "10.0.0.0/8:8080"},
      {"::1", 80, "::1"},
      {"::1", 80, "[::1]"},
      {"::1", 8080, "[::1]:8080"},
      {"::1", 80, "0:0:0:0:0:0:0:1"},
      {"fd00::1", 80, "fd00::/8"},
      {"fd00::1", 80, "FD00::/8"},
      {"fdff::1", 80, "[fd00::]/8"},
      {"fdff::1", 8080, "[fd00::]/8:8080"},
      {"fdff::1", 8080, "fd00::/8:8080"},
      {"2001:db8:0:8000::1", 80, "2001:db8:0:8000::/49"},
      {"fe80::1%eth0", 80, "fe80::/10"},
      {"::ffff:10.1.2.3", 80, "10.0.0.0/8"},
      {"10.1.2.3", 80, "::ffff:10.1.2.3"},
  };
  (void)state;
  assert_exempt(rows, LENGTH(rows), true);
}

static void other_addresses_and_networks_are_not(void **state)
{
  static const struct exemption rows[] = {
      {"10.1.2.3", 80, "10.1.2.4"},
      {"10.1.2.3", 80, "1.2.3"}, /* no domain that an address could be below */
      {"10.1.2.3", 80, ".2.3"},
      {"10.1.2.3", 80, "3"},
      {"11.1.2.3", 80, "10.0.0.0/8"},
      {"10.1.4.3", 80, "10.1.3.0/23"},
      {"10.1.2.3", 80, "10.0.0.0/33"},
      {"10.1.2.3", 80, "10.0.0.0/"},
      {"10.1.2.3", 80, "10.0.0.0/-8"},
      {"10.1.2.3", 80, "10.0.0.0/8x"},
      {"10.1.2.3", 80, "10.0.0/8"},
      {"10.1.2.3", 80, "10.0.0.0/8:8080"},
      {"10.1.2.3", 80, "::/0"},
      {"::1", 80, "0.0.0.0/0"},
      {"::1", 80, "::2"},
      {"::1", 80, "[::1"},
      {"::1", 80, "[::1]x"},
      {"::1", 80, "[::1]:8080"},
      {"fe00::1", 80, "fd00::/8"},
      {"fd00::1", 80, "fd00::/129"},
      {"2001:db8:0:4000::1", 80, "2001:db8:0:8000::/49"},
  };
  (void)state;
  assert_exempt(rows, LENGTH(rows), false);
}

struct setting {
  const char *name, *value;
};

struct choice {
  const char *url;
  struct setting environment[3];
  const char *want; /* host:port user:password; "" for no proxy */
};

static const char *ask(const char *url, struct error *e)
{
  static char text[1024];
  struct http_url u, proxy;
  assert_int_equal(http_url_parse(&u, span_of(url), NULL), 0);
  int result = proxy_for(&proxy, &u, e);
  http_url_release(&u);
  if (result < 0)
    return NULL;
  text[0] = '\0';
  if (result == 1) {
    snprintf(text, sizeof text, "%s:%u %s:%s", proxy.host, proxy.port, proxy.user, proxy.password);
    http_url_release(&proxy);
  }
  return text;
}

static const char *ask_with(const char *url, const struct setting *environment, struct error *e)
{
  forget_environment();
  for (size_t i = 0; i < 3 && environment[i].name; i++)
    setenv(environment[i].name, environment[i].value, 1);
  const char *answer = ask(url, e);
  forget_environment();
  return answer;
}

static void assert_choices(const struct choice *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct error e = {0};
    const char *answer = ask_with(rows[i].url, rows[i].environment, &e);
    if (!answer || strcmp(answer, rows[i].want) != 0)
      fail_msg("row %zu, %s: '%s', not '%s'", i, rows[i].url, answer ? answer : e.text,
               rows[i].want);
  }
}

static void the_environment_names_the_proxy(void **state)
{
  static const struct choice rows[] = {
      {"http://a/", {{"http_proxy", "http://p:3128"}}, "p:3128 :"},
      {"http://a/", {{"http_proxy", "p:3128"}}, "p:3128 :"},
      {"http://a/", {{"http_proxy", "HTTP://p:3128/"}}, "p:3128 :"},
      {"http://a/", {{"http_proxy", "http://me:s%40t@p"}}, "p:80 me:s@t"},
      {"http://a/", {{"http_proxy", "[::1]:3128"}}, "::1:3128 :"},
      {"https://a/", {{"https_proxy", "http://p:3128"}}, "p:3128 :"},
      {"https://a/", {{"HTTPS_PROXY", "http://p:3128"}}, "p:3128 :"},
      {"http://a/", {{"all_proxy", "http://p:3128"}}, "p:3128 :"},
      {"https://a/", {{"ALL_PROXY", "http://p:3128"}}, "p:3128 :"},
  };
  (void)state;
  assert_choices(rows, LENGTH(rows));
}

static void one_variable_goes_before_another(void **state)
{
  static const struct choice rows[] = {
      {"https://a/", {{"https_proxy", "small:1"}, {"HTTPS_PROXY", "large:1"}}, "small:1 :"},
      {"http://a/", {{"all_proxy", "small:1"}, {"ALL_PROXY", "large:1"}}, "small:1 :"},
      {"http://a/", {{"http_proxy", "own:1"}, {"all_proxy", "all:1"}}, "own:1 :"},
      {"https://a/", {{"HTTPS_PROXY", "own:1"}, {"all_proxy", "all:1"}}, "own:1 :"},
      {"https://a/", {{"https_proxy", ""}, {"HTTPS_PROXY", "large:1"}}, "large:1 :"},
      {"http://a/", {{"http_proxy", ""}, {"all_proxy", "all:1"}}, "all:1 :"},
  };
  (void)state;
  assert_choices(rows, LENGTH(rows));
}

static void there_may_be_none(void **state)
{
  static const struct choice rows[] = {
      {"http://a/", {{NULL, NULL}}, ""},
      {"http://a/", {{"http_proxy", ""}}, ""},
      {"http://a/", {{"https_proxy", "p:1"}}, ""},
      {"https://a/", {{"http_proxy", "p:1"}}, ""},
      {"http://a/", {{"HTTP_PROXY", "p:1"}}, ""}, /* a request's field `Proxy` to a CGI program */
      {"http://a/", {{"http_proxy", "p:1"}, {"no_proxy", "a"}}, ""},
      {"http://a/", {{"http_proxy", "p:1"}, {"NO_PROXY", "a"}}, ""},
      {"http://a/", {{"http_proxy", "socks5://p"}, {"no_proxy", "a"}}, ""},
      {"http://a:8080/", {{"http_proxy", "p:1"}, {"no_proxy", "a:8080"}}, ""},
      {"https://[fd00::1]/", {{"all_proxy", "p:1"}, {"no_proxy", "fd00::/8"}}, ""},
  };
  (void)state;
  assert_choices(rows, LENGTH(rows));
  static const struct choice asked[] = {
      {"http://a/", {{"http_proxy", "p:1"}, {"no_proxy", "b"}, {"NO_PROXY", "a"}}, "p:1 :"},
      {"http://a/", {{"http_proxy", "p:1"}, {"no_proxy", "a:8080"}}, "p:1 :"},
  };
  assert_choices(asked, LENGTH(asked));
}

static void what_is_no_http_proxy_is_refused_without_a_password(void **state)
{
  static const struct {
    struct setting environment[3];
    const char *want;
  } rows[] = {
      {{{"http_proxy", "https://me:secret@p"}}, "http_proxy: https:// proxies are not supported"},
      {{{"all_proxy", "socks5h://me:secret@p:1080"}},
       "all_proxy: socks5h:// proxies are not supported"},
      {{{"ALL_PROXY", "SOCKS4://p"}}, "ALL_PROXY: socks4:// proxies are not supported"},
      {{{"http_proxy", "ftp://me:secret@p"}}, "http_proxy: not an http proxy URL"},
      {{{"http_proxy", "me:secret://p"}}, "http_proxy: not an http proxy URL"},
      {{{"http_proxy", "me:sec ret@p"}}, "http_proxy: not an http proxy URL"},
      {{{"http_proxy", "http://p:port"}}, "http_proxy: not an http proxy URL"},
      {{{"http_proxy", "http://"}}, "http_proxy: not an http proxy URL"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct error e = {0};
    const char *answer = ask_with("http://a/", rows[i].environment, &e);
    if (answer)
      fail_msg("%s: taken for '%s'", rows[i].environment[0].value, answer);
    assert_int_equal(e.code, UV_EINVAL);
    assert_string_equal(e.text, rows[i].want);
  }
}

static void an_error_names_the_proxy_once(void **state)
{
  static const struct {
    const char *proxy, *error, *want;
  } rows[] = {
      {"http://me:secret@127.0.0.1:1", "connect 127.0.0.1:1: connection refused",
       "proxy 127.0.0.1:1: connect: connection refused"},
      {"http://[::1]:3128", "connect [::1]:3128: timed out",
       "proxy [::1]:3128: connect: timed out"},
      {"127.0.0.1:1", "connect 127.0.0.1:11: connection refused",
       "proxy 127.0.0.1:1: connect 127.0.0.1:11: connection refused"},
      {"http://proxy.test", "resolve proxy.test: name does not resolve",
       "proxy proxy.test:80: resolve proxy.test: name does not resolve"},
      {"proxy.test:8", "HTTP 407 No", "proxy proxy.test:8: HTTP 407 No"},
  };
  (void)state;
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct http_url proxy;
    struct error e;
    assert_int_equal(http_url_parse(&proxy, span_of(rows[i].proxy), NULL), 0);
    error_say(&e, UV_ECONNREFUSED, "%s", rows[i].error);
    proxy_blame(&e, &proxy);
    assert_string_equal(e.text, rows[i].want);
    assert_int_equal(e.code, UV_ECONNREFUSED);
    http_url_release(&proxy);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      TEST(hosts_domains_and_ports_are_exempt),
      TEST(other_hosts_and_ports_are_not),
      TEST(addresses_and_networks_are_exempt),
      TEST(other_addresses_and_networks_are_not),
      TEST(the_environment_names_the_proxy),
      TEST(one_variable_goes_before_another),
      TEST(there_may_be_none),
      TEST(what_is_no_http_proxy_is_refused_without_a_password),
      TEST(an_error_names_the_proxy_once),
  };
  harness_start();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
