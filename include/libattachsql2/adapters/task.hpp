// SPDX-License-Identifier: Apache-2.0
//
// A coroutine type for programs that have none: see coroutine.hpp, which includes it. It knows no connection and no
// pool, and starts no thread.
#ifndef LIBATTACHSQL2_ADAPTERS_TASK_HPP
#define LIBATTACHSQL2_ADAPTERS_TASK_HPP

#include <coroutine>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace attachsql {

template <class T> class task;

namespace detail {

struct promise_base {
    std::coroutine_handle<> next; // who awaits the task
    std::exception_ptr thrown;

    struct end {
        bool await_ready() noexcept { return false; }
        template <class Promise> std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept
        {
            std::coroutine_handle<> then = ended.promise().next;
            return then ? then : std::noop_coroutine();
        }
        void await_resume() noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    end final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

template <class T> struct promise : promise_base {
    std::optional<T> value;
    task<T> get_return_object();
    template <class From> void return_value(From &&from) { value.emplace(std::forward<From>(from)); }
    T take() { return std::move(*value); }
};

template <> struct promise<void> : promise_base {
    task<void> get_return_object();
    void return_void() noexcept {}
    void take() noexcept {}
};

} // namespace detail

/// A coroutine that can await, be awaited, and be started by itself. Begins when it is, ends with its object. Other
/// types of coroutine can await connections just as well. Since 2.1.
template <class T = void> class [[nodiscard]] task {
public:
    using promise_type = detail::promise<T>;

    task(task &&from) noexcept : coroutine_(std::exchange(from.coroutine_, {})) {}
    task &operator=(task &&) = delete;
    ~task()
    {
        if (coroutine_)
            coroutine_.destroy();
    }

    /// Runs up to the first await that has to wait. To be called once, if the task is not awaited.
    void start() { coroutine_.resume(); }
    bool done() const { return coroutine_.done(); }

    /// Of a task that is done: what it returned, once; throws what it threw.
    T get()
    {
        if (!done())
            throw std::logic_error("attachsql: the task is not done");
        if (coroutine_.promise().thrown)
            std::rethrow_exception(coroutine_.promise().thrown);
        return coroutine_.promise().take();
    }

    auto operator co_await() &&
    {
        struct step {
            task &of_;
            bool await_ready() { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter)
            {
                of_.coroutine_.promise().next = waiter;
                return of_.coroutine_;
            }
            T await_resume() { return of_.get(); }
        };
        return step{*this};
    }

private:
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T> task<T> promise<T>::get_return_object()
{
    return task<T>(std::coroutine_handle<promise<T>>::from_promise(*this));
}

inline task<void> promise<void>::get_return_object()
{
    return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

} // namespace detail

} // namespace attachsql

#endif // LIBATTACHSQL2_ADAPTERS_TASK_HPP
