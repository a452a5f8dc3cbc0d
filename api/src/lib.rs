//! Pressroom: a headless CMS for publications. What is allowed, and how it is said.

mod answers;
pub mod app;
pub mod auth;
pub mod clock;
pub mod commands;
pub mod config;
pub mod content;
pub mod cpu;
pub mod demo;
pub mod error;
mod feeds;
pub mod freshness;
pub mod graphql;
mod http;
pub mod jobs;
pub mod media;
pub mod openapi;
pub mod page;
pub mod reference;
pub mod rest;
mod routes;
pub mod service;
pub mod view;
