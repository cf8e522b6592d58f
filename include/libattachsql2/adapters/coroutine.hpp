// SPDX-License-Identifier: Apache-2.0
//
// Coroutines of C++20: a connection whose answers are awaited. A header that is all there is.
//
//    attachsql::task<> program(attachsql::pool &pool)
//    {
//        attachsql::connection con(pool, "127.0.0.1", 3306, "user", "password", "schema");
//        auto rows = co_await con.query("SELECT name, size FROM files");
//        while (co_await rows.next())
//            std::cout << rows[0].value_or("NULL") << '\n';
//    }
//
//    attachsql::pool pool;
//    auto task = program(pool);
//    task.start();            // up to the first await that has to wait
//    pool.run_until(task);    // or let any event loop do that: attachsql_uv_attach_pool(&loop, pool.get())
//    task.get();              // what it returned, or the exception that left it
//
// The connections of coroutines are in a pool; whoever runs the pool resumes them, from inside attachsql_pool_run, one
// thread for all of them. Errors are exceptions: `attachsql::error` for what the library or the server reports,
// `std::logic_error` for a use that cannot be meant. What is awaited has to be awaited at once, as in the sample:
// `con.query(...)` by itself does nothing.
//
// Destroying a coroutine that waits is how to cancel it: what is left of its answer is dropped, and the connection can
// be used again. One connection is awaited by one coroutine at a time. Destroy connections before their pool, and
// coroutines before the connections that they use. The user data of a connection is this header's.
#ifndef LIBATTACHSQL2_ADAPTERS_COROUTINE_HPP
#define LIBATTACHSQL2_ADAPTERS_COROUTINE_HPP

#include <libattachsql2/adapters/task.hpp>
#include <libattachsql2/attachsql.h>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace attachsql {

/// An error of the library or the server, with its code and SQLSTATE. Since 2.1.
class error : public std::runtime_error {
public:
    /// Takes the error object over.
    explicit error(attachsql_error_t *from)
        : std::runtime_error(from ? attachsql_error_message(from) : "no memory"),
          code_(from ? attachsql_error_code(from) : 2008), state_(from ? attachsql_error_sqlstate(from) : "82100")
    {
        attachsql_error_free(from);
    }

    int code() const noexcept { return code_; }
    const std::string &sqlstate() const noexcept { return state_; }

private:
    int code_;
    std::string state_;
};

namespace detail {

// What a connection and those who await it share.
struct line {
    attachsql_connect_t *con = nullptr; // null: destroyed
    std::coroutine_handle<> waiter;
    const void *by = nullptr; // who has set it
    bool for_login = false;
    bool connected = false;
    std::uint64_t answers = 0; // begun so far
    attachsql_events_t event = ATTACHSQL_EVENT_NONE;
    attachsql_error_t *failure = nullptr;
};

// What a pool calls.
inline void on_event(attachsql_connect_t *con, std::uint32_t, attachsql_events_t event, void *, attachsql_error_t *failure) noexcept
{
    auto *line = static_cast<detail::line *>(attachsql_connect_get_user_data(con));
    if (line && event == ATTACHSQL_EVENT_CONNECTED)
        line->connected = true;
    // Nobody waits: it is the end of what was given up, or was an exception already.
    if (!line || !line->waiter || (event == ATTACHSQL_EVENT_CONNECTED && !line->for_login)) {
        attachsql_error_free(failure);
        return;
    }
    line->event = event;
    line->failure = failure;
    std::exchange(line->waiter, {}).resume();
}

// Waits for one event of a connection. Begins when it is awaited.
class waiting {
public:
    waiting(const waiting &) = delete;
    waiting &operator=(const waiting &) = delete;

    ~waiting()
    {
        if (line_->by != this || !line_->waiter)
            return;
        line_->waiter = {};
        if (line_->con && !for_login_)
            attachsql_query_close(line_->con);
    }

    void await_suspend(std::coroutine_handle<> waiter)
    {
        line_->waiter = waiter;
        line_->by = this;
        line_->for_login = for_login_;
        suspended_ = true;
    }

protected:
    explicit waiting(std::shared_ptr<line> line, bool for_login = false) : line_(std::move(line)), for_login_(for_login) {}

    // The connection, for a command.
    attachsql_connect_t *free_line()
    {
        if (!line_->con)
            throw std::logic_error("attachsql: the connection is destroyed");
        if (line_->waiter)
            throw std::logic_error("attachsql: another coroutine awaits this connection");
        return line_->con;
    }

    // What has happened.
    attachsql_events_t event()
    {
        if (refused_)
            throw error(std::exchange(refused_, nullptr));
        if (!suspended_)
            return ATTACHSQL_EVENT_NONE;
        if (line_->event == ATTACHSQL_EVENT_ERROR) {
            if (line_->con && !for_login_)
                attachsql_query_close(line_->con);
            throw error(std::exchange(line_->failure, nullptr));
        }
        return line_->event;
    }

    std::shared_ptr<line> line_;
    attachsql_error_t *refused_ = nullptr;

private:
    bool for_login_;
    bool suspended_ = false;
};

} // namespace detail

/// A result whose rows are taken one after the other. Destroying it gives up the rest. Since 2.1.
class rows {
public:
    rows(rows &&) = default;
    rows &operator=(rows &&from) noexcept
    {
        std::swap(line_, from.line_);
        std::swap(state_, from.state_);
        std::swap(number_, from.number_);
        std::swap(row_, from.row_);
        return *this;
    }
    ~rows()
    {
        if (is_current())
            attachsql_query_close(line_->con);
    }

    /// `co_await rows.next()`: goes to the first row, or to the next; false at the end. Values of the row before are
    /// gone then. While rows are here already it does not suspend: about 1 MiB of them at most.
    auto next()
    {
        struct step : detail::waiting {
            explicit step(rows &of) : waiting(of.line_), of_(of) {}
            bool await_ready()
            {
                attachsql_connect_t *con = free_line();
                if (!of_.is_current())
                    throw std::logic_error("attachsql: these rows are gone, another command was sent");
                if (of_.state_ == shown) {
                    attachsql_query_row_next(con);
                    of_.state_ = attachsql_connect_poll(con, nullptr) == ATTACHSQL_RETURN_ROW_READY ? held : awaited;
                }
                return of_.state_ != awaited;
            }
            bool await_resume()
            {
                if (of_.state_ == awaited) {
                    of_.state_ = over; // unless it is a row
                    if (event() == ATTACHSQL_EVENT_ROW_READY)
                        of_.state_ = held;
                }
                if (of_.state_ != held)
                    return false;
                of_.state_ = shown;
                of_.row_ = attachsql_query_row_get(line_->con, nullptr);
                return of_.row_ != nullptr;
            }
            rows &of_;
        };
        return step(*this);
    }

    /// `co_await rows.next_result()`: after the last row, goes to the next result of a query with several; false if
    /// there is none.
    auto next_result()
    {
        struct step : detail::waiting {
            explicit step(rows &of) : waiting(of.line_), of_(of) {}
            bool await_ready()
            {
                attachsql_connect_t *con = free_line();
                more_ = of_.is_current() && of_.state_ == over && attachsql_query_next_result(con) == ATTACHSQL_RETURN_PROCESSING;
                return !more_;
            }
            bool await_resume()
            {
                if (more_)
                    of_.state_ = event() == ATTACHSQL_EVENT_ROW_READY ? held : over;
                return more_;
            }
            rows &of_;
            bool more_ = false;
        };
        return step(*this);
    }

    /// How many columns there are.
    std::uint16_t size() const { return is_current() ? attachsql_query_column_count(line_->con) : 0; }

    /// A value of the row, as text; none for SQL NULL. It lives until the next row.
    std::optional<std::string_view> operator[](std::uint16_t column) const
    {
        if (state_ != shown || !is_current() || column >= size())
            throw std::out_of_range("attachsql: there is no such value");
        if (attachsql_query_cell_is_null(row_ + column))
            return std::nullopt;
        return std::string_view(row_[column].data, row_[column].length);
    }

    std::uint64_t affected_rows() const { return is_current() ? attachsql_query_affected_rows(line_->con) : 0; }
    std::uint64_t last_insert_id() const { return is_current() ? attachsql_connection_last_insert_id(line_->con) : 0; }

private:
    friend class connection;
    enum state { awaited, held, shown, over };

    rows(std::shared_ptr<detail::line> line, state begin) : line_(std::move(line)), state_(begin), number_(line_->answers) {}

    bool is_current() const { return line_ && line_->con && line_->answers == number_; }

    std::shared_ptr<detail::line> line_;
    state state_;
    std::uint64_t number_;
    attachsql_query_row_st *row_ = nullptr;
};

/// A pool whose connections coroutines await. Since 2.1.
class pool {
public:
    pool()
    {
        attachsql_error_t *refused = nullptr;
        pool_ = attachsql_pool_create(detail::on_event, nullptr, &refused);
        if (!pool_)
            throw error(refused);
    }
    ~pool() { attachsql_pool_destroy(pool_); }
    pool(const pool &) = delete;
    pool &operator=(const pool &) = delete;

    /// For the adapters, and all functions of the C interface.
    attachsql_pool_t *get() const noexcept { return pool_; }

    /// Waits and runs until a task is done, for programs without an event loop. Returns early if nothing is awaited.
    template <class Task> void run_until(const Task &task)
    {
        attachsql_error_t *refused = nullptr;
        while (!task.done() && attachsql_pool_wait(pool_, -1, &refused))
            attachsql_pool_run(pool_);
        if (refused)
            throw error(refused);
    }

private:
    attachsql_pool_t *pool_;
};

/// A connection of such a pool. Since 2.1.
class connection {
public:
    connection(pool &of, const char *host, in_port_t port, const char *user, const char *password, const char *schema)
    {
        attachsql_error_t *refused = nullptr;
        attachsql_connect_t *con = attachsql_connect_create(host, port, user, password, schema, &refused);
        if (!con)
            throw error(refused);
        take(of, con);
    }
    /// Takes one that has not begun to connect, with its options, and owns it from then on.
    connection(pool &of, attachsql_connect_t *con) { take(of, con); }
    ~connection()
    {
        if (line_)
            attachsql_connect_destroy(std::exchange(line_->con, nullptr));
    }
    connection(connection &&) = default;
    connection &operator=(connection &&) = delete;

    /// For options, and all functions of the C interface.
    attachsql_connect_t *get() const noexcept { return line_->con; }

    /// `co_await con.connect()`: until the login is done. A query does it by itself.
    auto connect()
    {
        struct login : detail::waiting {
            explicit login(std::shared_ptr<detail::line> line) : waiting(std::move(line), true) {}
            bool await_ready()
            {
                attachsql_connect_t *con = free_line();
                return line_->connected || (!attachsql_connect(con, &refused_) && refused_);
            }
            void await_resume() { event(); }
        };
        return login(line_);
    }

    /// `co_await con.query("SELECT ...")`: sends it, and waits for the first row, or the end. Gives `rows`. What is
    /// left of the query before is given up. The parameters are those of attachsql_query.
    auto query(std::string_view text, std::span<attachsql_query_parameter_st> parameters = {})
    {
        struct sent : detail::waiting {
            sent(std::shared_ptr<detail::line> line, std::string_view text, std::span<attachsql_query_parameter_st> parameters)
                : waiting(std::move(line)), text_(text), parameters_(parameters)
            {
            }
            bool await_ready()
            {
                attachsql_connect_t *con = free_line();
                if (parameters_.size() > UINT16_MAX)
                    throw std::length_error("attachsql: more than 65535 parameters");
                attachsql_query_close(con);
                line_->answers++;
                return !attachsql_query(con, text_.size(), text_.data(), static_cast<std::uint16_t>(parameters_.size()),
                                        parameters_.data(), &refused_);
            }
            rows await_resume() { return rows(line_, event() == ATTACHSQL_EVENT_ROW_READY ? rows::held : rows::over); }
            std::string_view text_;
            std::span<attachsql_query_parameter_st> parameters_;
        };
        return sent(line_, text, parameters);
    }

    /// `co_await con.command([&](attachsql_error_t **error) { return attachsql_connect_ping(con.get(), error); })`: makes
    /// a call that begins any other command, which returns false and an error if it cannot, and waits for what it
    /// leads to: gives ATTACHSQL_EVENT_EOF or ATTACHSQL_EVENT_ROW_READY.
    template <class Call> auto command(Call call)
    {
        struct sent : detail::waiting {
            sent(std::shared_ptr<detail::line> line, Call call) : waiting(std::move(line)), call_(std::move(call)) {}
            bool await_ready()
            {
                free_line();
                bool gone = call_(&refused_);
                line_->answers += gone; // its answer takes the place of the rows before
                return !gone;
            }
            attachsql_events_t await_resume() { return event(); }
            Call call_;
        };
        return sent(line_, std::move(call));
    }

private:
    void take(pool &of, attachsql_connect_t *con)
    {
        attachsql_error_t *refused = nullptr;
        line_ = std::make_shared<detail::line>();
        attachsql_pool_add_connection(of.get(), con, &refused);
        if (refused) {
            attachsql_connect_destroy(con);
            throw error(refused);
        }
        line_->con = con;
        attachsql_connect_set_user_data(con, line_.get());
    }

    std::shared_ptr<detail::line> line_;
};

} // namespace attachsql

#endif // LIBATTACHSQL2_ADAPTERS_COROUTINE_HPP
