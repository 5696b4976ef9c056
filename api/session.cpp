// SPDX-License-Identifier: Apache-2.0
#include "api/session.hpp"

#include "api/dispatch.hpp"
#include "api/envelope.hpp"
#include "api/request.hpp"
#include "base/gate.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/wiped_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

// Only named objects stand inside co_await expressions: g++ 12 destroys lambdas and aggregates
// written there twice.

namespace signet::api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

using Buffer = beast::basic_flat_buffer<WipingAllocator<char>>;
using TlsStream = asio::ssl::stream<Socket>;

// A body in wiped memory. Beast's string body would reserve what Content-Length promises; here only
// what came takes memory (and time to wipe).
struct WipedBody {
  using value_type = WipedText;

  class reader {  // NOLINT(readability-identifier-naming): the name Beast looks for
   public:
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t count = 0;
      for (const asio::const_buffer piece : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        count += piece.size();
      }
      return count;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};
using Parser = http::request_parser<WipedBody, WipingAllocator<char>>;

// Most requests fit, and malloc keeps blocks of this size at hand for each thread.
constexpr std::size_t header_read_size = 1024;
constexpr std::size_t body_read_size = 16 * 1024;
// Bodies above the first size count towards the second, over all connections: a few senders cannot
// fill the memory.
constexpr std::size_t counted_body = 256 * 1024;
constexpr std::size_t body_budget = std::size_t{512} << 20;
constexpr Seconds farewell{2};

// Keeps the connection known to its thread for as long as the session runs.
class Registration {
 public:
  Registration(Edge& edge, IoThread& io, Connection& connection)
      : edge_(edge), io_(io), connection_(connection) {
    io_.add(connection_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() {
    io_.remove(connection_);
    edge_.connections.fetch_sub(1, std::memory_order_release);
  }

 private:
  Edge& edge_;
  IoThread& io_;
  Connection& connection_;
};

// A large body's share of the memory that all connections have for bodies.
class BodyShare {
 public:
  explicit BodyShare(std::atomic<std::size_t>& used) : used_(used) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { used_.fetch_sub(held_, std::memory_order_relaxed); }
  bool grow_to(std::size_t size) {
    if (size <= counted_body || size <= held_) return true;
    const std::size_t more = size - held_;
    held_ = size;
    return used_.fetch_add(more, std::memory_order_relaxed) + more <= body_budget;
  }

 private:
  std::atomic<std::size_t>& used_;
  std::size_t held_ = 0;
};

struct Peer {
  std::string address;
  int port = 0;
};

// What the steps of one connection share; it lives in serve()'s frame.
template <class Stream>
struct Session {
  Edge* edge = nullptr;
  IoThread* io = nullptr;
  const ListenerState* listener = nullptr;
  Stream* stream = nullptr;
  Connection* connection = nullptr;
  Peer peer;
  Buffer buffer;

  void allow(Seconds time) { connection->deadline = Clock::now() + time; }
  void allow_forever() { connection->deadline = Instant::max(); }
};

enum class Read { complete, closed, refused };

// How a message was read: with `refused`, `status` and `text` say why.
struct ReadOutcome {
  Read kind = Read::complete;
  int status = 0;
  std::string_view text;
  bool is_json = false;
};

ReadOutcome refused(int status, std::string_view text, bool is_json = false) {
  return {Read::refused, status, text, is_json};
}

const ReadOutcome closed{Read::closed, 0, {}, false};

ReadOutcome parse_failure(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refused(431, "431 Request Header Fields Too Large");
  if (error == http::error::body_limit) return refused(413, "http: request body too large", true);
  if (error == http::error::bad_version) return refused(505, "505 HTTP Version Not Supported");
  return refused(400, "400 Bad Request");
}

std::string_view as_view(beast::string_view text) { return {text.data(), text.size()}; }

// What Beast lets through and would make two readers of a message disagree (RFC 9112, 3.2 and 6.1).
std::optional<ReadOutcome> framing_failure(const Parser& parser) {
  const auto& header = parser.get();
  const auto hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= 11))
    return refused(400, "400 Bad Request: one Host header is required");
  const auto coding = header.find(http::field::transfer_encoding);
  if (coding != header.end() && !equal_ignoring_case(as_view(coding->value()), "chunked"))
    return refused(400, "400 Bad Request: unsupported transfer encoding");
  if (coding != header.end() && header.version() < 11)
    return refused(400, "400 Bad Request: unsupported transfer encoding");
  return std::nullopt;
}

template <class Stream>
constexpr bool is_plain = std::is_same_v<Stream, Socket>;

// What the socket takes at once of an answer: nearly always all of it, and asking costs no turn of
// the event loop. Of TLS nothing: its engine writes records.
template <class Stream>
std::size_t write_at_once(Session<Stream>& session, const Reply& reply) {
  if constexpr (is_plain<Stream>) {
    error_code error;
    const std::size_t count = session.stream->write_some(asio::buffer(reply.text), error);
    return error ? 0 : count;  // what is wrong shows again in the ordinary way
  } else {
    return 0;
  }
}

// Reads until the parser's header is complete. `closed`: the peer left or a deadline passed.
template <class Stream>
Task<ReadOutcome> read_header(Session<Stream>* session, Parser* parser) {
  const Limits& limits = session->listener->options.limits;
  bool is_begun = session->buffer.size() > 0;
  session->connection->is_idle = !is_begun;
  session->allow(is_begun ? limits.header_timeout : limits.idle_timeout);
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  bool needs_more = !is_begun;
  while (!parser->is_header_done()) {
    if (needs_more) {
      std::size_t count = 0;
      if constexpr (is_plain<Stream>) {
        // Waits first: async_read_some asks the socket, which is empty between requests, and only
        // then waits. A connection that waits holds no buffer either.
        co_await session->stream->async_wait(Socket::wait_read, token);
        if (error) co_return closed;
        count = session->stream->read_some(session->buffer.prepare(header_read_size), error);
        if (error == asio::error::would_block) continue;
      } else {
        const auto space = session->buffer.prepare(header_read_size);
        count = co_await session->stream->async_read_some(space, token);
      }
      if (error) co_return closed;
      session->buffer.commit(count);
      if (!is_begun) {
        is_begun = true;
        session->connection->is_idle = false;
        session->allow(limits.header_timeout);
      }
    }
    const std::size_t used = parser->put(session->buffer.data(), error);
    session->buffer.consume(used);
    needs_more = error == http::error::need_more;
    if (error && !needs_more) co_return parse_failure(error);
  }
  co_return ReadOutcome();
}

template <class Stream>
Task<ReadOutcome> read_body(Session<Stream>* session, Parser* parser, BodyShare* share) {
  const Limits& limits = session->listener->options.limits;
  if (parser->is_done()) co_return ReadOutcome();
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  session->allow(limits.body_timeout);
  const auto expect = parser->get()[http::field::expect];
  if (equal_ignoring_case(as_view(expect), "100-continue") && session->buffer.size() == 0) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto text = asio::buffer(go_on);
    co_await asio::async_write(*session->stream, text, token);
    if (error) co_return closed;
  }
  parser->eager(true);
  bool needs_more = session->buffer.size() == 0;
  while (!parser->is_done()) {
    if (needs_more) {
      const auto space = session->buffer.prepare(body_read_size);
      const std::size_t count = co_await session->stream->async_read_some(space, token);
      if (error) co_return closed;
      session->buffer.commit(count);
    }
    const std::size_t used = parser->put(session->buffer.data(), error);
    session->buffer.consume(used);
    if (error && error != http::error::need_more) co_return parse_failure(error);
    needs_more = error == http::error::need_more || session->buffer.size() == 0;
    if (!share->grow_to(parser->get().body().size()))
      co_return refused(503, "the server is overloaded, try again", true);
  }
  co_return ReadOutcome();
}

// The header as translate() takes it.
Head head_of(const Parser& parser) {
  const auto& header = parser.get();
  Head head;
  head.method = as_view(header.method_string());
  head.target = as_view(header.target());
  head.headers.reserve(8);
  for (const auto& field : header) {
    if (field.name() == http::field::authorization) {
      head.authorization = as_view(field.value());
      continue;
    }
    std::string name = lower(as_view(field.name_string()));
    if (name == "x-vault-token")
      head.token = as_view(field.value());
    else
      head.headers.emplace_back(std::move(name), as_view(field.value()));
  }
  return head;
}

template <class Stream>
Task<bool> write_chunk(Session<Stream>* session, const Bytes* chunk, bool is_chunked) {
  if (chunk->empty()) co_return true;
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  session->allow(session->listener->options.limits.write_timeout);
  const std::string size = fmt::format("{:x}\r\n", chunk->size());
  static constexpr std::string_view end = "\r\n";
  const std::array<asio::const_buffer, 3> parts{
      is_chunked ? asio::buffer(size) : asio::const_buffer(), asio::buffer(*chunk),
      is_chunked ? asio::buffer(end) : asio::const_buffer()};
  co_await asio::async_write(*session->stream, parts, token);
  co_return !error;
}

// The chunks of a streamed answer. In place they come without waiting and are pulled here; else
// each is pulled on a worker. False: the connection cannot go on.
template <class Stream>
Task<bool> write_stream(Session<Stream>* session, Reply* reply, bool is_inplace) {
  ChunkJob job(session->io->context.get_executor(), *reply->stream);
  for (;;) {
    session->allow_forever();
    if (is_inplace) {
      job.pull();
    } else {
      const bool was_taken = co_await async_run(session->edge->workers, job, use_task);
      if (!was_taken) co_return false;
    }
    if (job.has_failed) co_return false;
    if (!job.has_more) break;
    const bool is_written = co_await write_chunk(session, &job.chunk, reply->is_chunked);
    if (!is_written) co_return false;
  }
  if (!reply->is_chunked) co_return true;
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  static constexpr std::string_view end = "0\r\n\r\n";
  const auto text = asio::buffer(end);
  co_await asio::async_write(*session->stream, text, token);
  co_return !error;
}

// False: the connection cannot go on.
template <class Stream>
Task<bool> write_reply(Session<Stream>* session, Reply* reply, bool is_inplace) {
  if (reply->text.empty()) co_return false;
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  const std::size_t size = reply->text.size() + (reply->body ? reply->body->size() : 0);
  constexpr std::size_t slowest_reader = 16 * 1024;  // bytes a second
  session->allow(session->listener->options.limits.write_timeout +
                 Seconds(static_cast<std::int64_t>(size / slowest_reader)));
  if (reply->body) {
    const std::array<asio::const_buffer, 2> parts{asio::buffer(reply->text),
                                                  asio::buffer(*reply->body)};
    co_await asio::async_write(*session->stream, parts, token);
  } else {
    const std::size_t written = write_at_once(*session, *reply);
    const auto rest = asio::buffer(reply->text) + written;
    if (rest.size() > 0) co_await asio::async_write(*session->stream, rest, token);
  }
  if (error) co_return false;
  if (!reply->stream) co_return true;
  co_return co_await write_stream(session, reply, is_inplace);
}

// Ends our side and reads what is still coming for a moment: closing at once would reset the
// connection and could take the answer with it (RFC 9112, 9.6).
Task<void> linger(Socket* socket, Connection* connection) {
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  connection->deadline = Clock::now() + farewell;
  socket->shutdown(Socket::shutdown_send, error);
  Bytes scratch(body_read_size);
  const auto space = asio::buffer(scratch);
  while (!error) co_await socket->async_read_some(space, token);
}

template <class Stream>
Task<void> refuse(Session<Stream>* session, Socket* socket, ReadOutcome outcome) {
  const UnixTime now = session->edge->clock.now();
  Reply reply;
  if (outcome.is_json) {
    Refusal refusal{outcome.status, std::string(outcome.text)};
    if (outcome.status == 503) refusal.headers.emplace_back("Retry-After", "1");
    AnswerContext context;
    context.keeps_alive = false;
    context.now = now;
    reply = render(refusal, context);
  } else {
    reply = render_protocol_error(outcome.status, outcome.text, now);
  }
  co_await write_reply(session, &reply, true);
  co_await linger(socket, session->connection);
}

template <class Stream>
AnswerContext context_of(const Session<Stream>& session, const Parser& parser) {
  AnswerContext context;
  context.is_head = parser.get().method() == http::verb::head;
  context.is_http_1_0 = parser.get().version() < 11;
  context.keeps_alive =
      parser.keep_alive() && !session.edge->is_draining.load(std::memory_order_relaxed);
  context.is_tls = session.listener->options.tls.has_value();
  context.now = session.edge->clock.now();
  return context;
}

template <class Stream>
Result<core::Request> identify(Session<Stream>* session, core::Request request) {
  Edge& edge = *session->edge;
  request.id = session->io->request_ids.next(edge.random);
  request.remote_address =
      TRY(session->listener->forwarding.client(session->peer.address, request.headers));
  request.remote_port = session->peer.port;
  request.deadline = edge.clock.steady() + session->listener->options.limits.request_duration;
  return request;
}

// Waits without a thread. False: the gate did not open by the deadline.
Task<bool> opened(Executor executor, std::shared_ptr<Gate> gate, Instant deadline) {
  // Shared with what the gate's thread posts: that may come when this has ended.
  const auto timer = std::make_shared<Timer>(executor, deadline);
  const Gate::Listener listener(gate, [timer, executor] {
    asio::post(executor, [timer] { timer->expires_at(Instant::min()); });
  });
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  co_await timer->async_wait(token);
  co_return gate->is_open();
}

// Answers one complete request. False: the connection ends.
template <class Stream>
Task<bool> answer(Session<Stream>* session, Parser* parser) {
  AnswerContext context = context_of(*session, *parser);
  const auto space = parser->get().find("X-Vault-Namespace");
  if (space != parser->get().end()) context.namespace_header = as_view(space->value());
  session->allow_forever();  // the pipeline keeps the request's own deadline

  auto translated = translate(head_of(*parser));
  if (const auto* refusal = std::get_if<Refusal>(&translated)) {
    Reply reply = render(*refusal, context);
    const bool is_written = co_await write_reply(session, &reply, true);
    co_return is_written && !reply.closes;
  }
  auto request = identify(session, std::get<core::Request>(std::move(translated)));
  if (!request) {
    const Refusal refusal{400, request.error().message};
    Reply reply = render(refusal, context);
    const bool is_written = co_await write_reply(session, &reply, true);
    co_return is_written && !reply.closes;
  }
  RequestJob job(session->io->context.get_executor(), *session->edge,
                 session->listener->options.limits, *std::move(request),
                 std::move(parser->get().body()), context);
  bool is_inplace = job.try_inplace();
  while (!is_inplace) {
    const bool was_taken = co_await async_run(session->edge->workers, job, use_task);
    if (!was_taken) job.shed();
    if (!job.gate()) break;
    const Executor executor = session->io->context.get_executor();
    const std::shared_ptr<Gate> gate = job.gate();
    const Instant deadline = job.deadline();
    const bool is_open = co_await opened(executor, gate, deadline);
    if (!is_open) {
      job.give_up();
      break;
    }
    is_inplace = job.try_inplace();
  }
  const bool is_written = co_await write_reply(session, &job.reply(), is_inplace);
  co_return is_written && !job.reply().closes;
}

template <class Stream>
Task<void> serve_requests(Session<Stream>* session, Socket* socket) {
  const Limits& limits = session->listener->options.limits;
  bool goes_on = true;
  while (goes_on && !session->edge->is_draining.load(std::memory_order_relaxed)) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    if (limits.body_bytes == 0)
      parser.body_limit(boost::none);
    else
      parser.body_limit(limits.body_bytes);
    ReadOutcome outcome = co_await read_header(session, &parser);
    if (outcome.kind == Read::complete)
      if (const auto failure = framing_failure(parser)) outcome = *failure;
    BodyShare share(session->edge->body_bytes);
    if (outcome.kind == Read::complete) outcome = co_await read_body(session, &parser, &share);
    if (outcome.kind == Read::closed) co_return;
    if (outcome.kind == Read::refused) {
      co_await refuse(session, socket, outcome);
      co_return;
    }
    goes_on = co_await answer(session, &parser);
    // The next request may come hours later: what this one left in the buffer does not wait for it.
    if (session->buffer.size() == 0) session->buffer.shrink_to_fit();
  }
}

Peer peer_of(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return {address.to_string(), endpoint.port()};
}

// A client that speaks HTTP to a TLS port is told so (core.md section 13.2).
Task<bool> begins_with_tls(Socket* socket) {
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  co_await socket->async_wait(Socket::wait_read, token);
  if (error) co_return false;
  constexpr unsigned char handshake_record = 22;
  unsigned char first = handshake_record;
  const ssize_t count = ::recv(socket->native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  co_return count != 1 || first == handshake_record;
}

Task<void> serve_tls(Edge* edge, IoThread* io, TlsStream* stream, const ListenerState* listener,
                     Connection* connection) {
  error_code error;
  auto token = asio::redirect_error(use_task, error);
  Socket& socket = stream->next_layer();
  connection->deadline = Clock::now() + listener->options.limits.header_timeout;
  connection->is_idle = false;
  const bool is_tls = co_await begins_with_tls(&socket);
  if (!is_tls) {
    socket.non_blocking(true, error);
    if (error) co_return;
    Session<Socket> plain{edge, io, listener, &socket, connection, {}, {}};
    const ReadOutcome outcome = refused(400, "Client sent an HTTP request to an HTTPS server.\n");
    co_await refuse(&plain, &socket, outcome);
    co_return;
  }
  co_await stream->async_handshake(asio::ssl::stream_base::server, token);
  if (error) co_return;
  Session<TlsStream> session{edge, io, listener, stream, connection, peer_of(socket), {}};
  co_await serve_requests(&session, &socket);
  connection->deadline = Clock::now() + farewell;
  co_await stream->async_shutdown(token);
}

Task<void> serve_plain(Edge* edge, IoThread* io, Socket* socket, const ListenerState* listener,
                       Connection* connection) {
  Session<Socket> session{edge, io, listener, socket, connection, peer_of(*socket), {}};
  error_code error;
  socket->non_blocking(true, error);  // reads and writes that are tried at once must not wait
  if (error) co_return;
  co_await serve_requests(&session, socket);
}

}  // namespace

Task<void> serve(Edge* edge, IoThread* io, Socket socket,
                 std::shared_ptr<const ListenerState> listener) {
  Connection connection;
  const std::shared_ptr<asio::ssl::context> tls = listener->tls();
  try {
    if (tls) {
      TlsStream stream(std::move(socket), *tls);
      connection.socket = &stream.next_layer();
      const Registration registration(*edge, *io, connection);
      co_await serve_tls(edge, io, &stream, listener.get(), &connection);
    } else {
      connection.socket = &socket;
      const Registration registration(*edge, *io, connection);
      co_await serve_plain(edge, io, &socket, listener.get(), &connection);
    }
  } catch (const std::exception& problem) {
    log::error("connection failed", {{"error", problem.what()}});
  }
}

}  // namespace signet::api
